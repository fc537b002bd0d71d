"""The measurement: floor and service in turn, several rounds with the order swapped, ratios round by round."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from statistics import median

from benchmarks.closed_loop import Connection, Timings, post, run_loop, run_loops
from benchmarks.payload import order_select, patient_view
from benchmarks.servers import Server, floor_server, real_server

FLOOR, SERVICE = "floor", "service"
CONNECTIONS = 8
_STARTS: dict[str, Callable[[], AbstractContextManager[Server]]] = {FLOOR: floor_server, SERVICE: real_server}


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of request: how many are sent in each round, after how many that do not count."""

    name: str
    request: bytes
    count: int
    warm_up: int


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What one load gave in one round; `cpu` in milliseconds of the server's processor time for each request."""

    timings: Timings
    cpu: float


@dataclass(slots=True)
class ServerResult:
    """One server in one round; start-up in seconds, memory in MB, `parallel` with its requests a second."""

    start_up: float
    loads: dict[str, LoadResult] = field(default_factory=dict)
    memory: float = 0.0
    parallel: Timings | None = None
    throughput: float = 0.0


Round = dict[str, ServerResult]


def loads(share: float = 1.0) -> tuple[Load, ...]:
    """The four loads of the design; `share` shortens all of them alike."""
    patient, order = "calcinosis-patient-view", "calcinosis-order-select"

    def load(name: str, service_id: str, body: bytes, count: int) -> Load:
        return Load(name, post(service_id, body), max(3, int(count * share)), max(2, int(count * share / 5)))

    return (
        load("n5", patient, patient_view(5), 500),
        load("n50", patient, patient_view(50), 200),
        load("n500", patient, patient_view(500), 20),
        load("order-select", order, order_select(50), 150),
    )


def measure_rounds(rounds: int, share: float = 1.0) -> Iterator[Round]:
    """Each round as it is done; the server that goes first changes from round to round."""
    kinds = loads(share)
    for number in range(rounds):
        order = (FLOOR, SERVICE) if number % 2 == 0 else (SERVICE, FLOOR)
        results = {name: _measure(name, kinds, share) for name in order}
        yield {name: results[name] for name in (FLOOR, SERVICE)}


def _measure(name: str, kinds: tuple[Load, ...], share: float) -> ServerResult:
    with _STARTS[name]() as server:
        result = ServerResult(start_up=server.start_up)
        for load in kinds:
            _check_answer(server, load)
            run_loop(server.port, load.request, load.warm_up)
            before = server.cpu_seconds()
            timings = run_loop(server.port, load.request, load.count)
            cpu = (server.cpu_seconds() - before) * 1000 / load.count
            result.loads[load.name] = LoadResult(timings, cpu)
        n50 = next(load for load in kinds if load.name == "n50")
        each = max(2, int(25 * share))
        result.parallel, result.throughput = run_loops(server.port, n50.request, each, CONNECTIONS)
        result.memory = server.resident_mb()
    return result


def _check_answer(server: Server, load: Load) -> None:
    """An answer without a card would be measured for the wrong work."""
    with Connection(server.port) as connection:
        if b'"summary"' not in connection.ask(load.request):
            raise RuntimeError(f"the {server.name} server gives no card for {load.name}")


def goal_values(rounds: list[Round]) -> dict[str, float]:
    """What the goals ask for; ratios are medians of the ratios of the rounds."""

    def middle(value: Callable[[ServerResult, ServerResult], float]) -> float:
        return median(value(one[SERVICE], one[FLOOR]) for one in rounds)

    values: dict[str, float] = {}
    for name in ("n5", "n50", "n500"):
        values[name] = median(p50(one[SERVICE], name) / p50(one[FLOOR], name) for one in rounds)
    for name in ("n5", "n50"):
        # What a busy machine leaves alone: a time slice lost hits the longer of two requests more often.
        values[f"{name}-min"] = median(least(one[SERVICE], name) / least(one[FLOOR], name) for one in rounds)
        # The clock tick is 10 ms: a load of less processor time than a few ticks says nothing.
        values[f"{name}-cpu"] = median(
            one[SERVICE].loads[name].cpu / max(one[FLOOR].loads[name].cpu, 1e-3) for one in rounds
        )
    return values | {
        "order-select": middle(lambda service, _: p50(service, "order-select") / p50(service, "n50")),
        "growth": middle(lambda service, _: p50(service, "n500") / p50(service, "n50")),
        "start-up": middle(lambda service, _: service.start_up),
        "start-up-floor": middle(lambda service, floor: service.start_up / floor.start_up),
        "memory": middle(lambda service, _: service.memory),
        "throughput": middle(lambda service, _: service.throughput),
        "p99": middle(lambda service, _: service.parallel.quantile(0.99) if service.parallel else 0.0),
    }


def least(result: ServerResult, load: str) -> float:
    """The shortest latency of a load in milliseconds."""
    return result.loads[load].timings.least


def p50(result: ServerResult, load: str) -> float:
    """The median latency of a load in milliseconds."""
    return result.loads[load].timings.p50
