"""The client: one keep-alive connection a loop, the next request when the answer is there (closed loop).

A plain socket and not an HTTP library, so that what is measured is the server.
"""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter_ns

_CHUNK = 1 << 20
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Timings:
    """The latencies of one loop in milliseconds, ascending."""

    milliseconds: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The median."""
        return median(self.milliseconds)

    @property
    def least(self) -> float:
        """The shortest."""
        return self.milliseconds[0]

    def quantile(self, share: float) -> float:
        """The latency that `share` of all requests did not exceed, 0 < share < 1."""
        return self.milliseconds[ceil(share * len(self.milliseconds)) - 1]


class Connection:
    """One keep-alive connection to a server on loopback; `ask` raises RuntimeError for any answer but 200."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """The body of the answer to one HTTP request."""
        self._socket.sendall(request)
        answer = bytearray()
        while (end := answer.find(_END_OF_HEAD)) < 0:
            answer += self._received()
        head = bytes(answer[:end]).lower()
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"the server answered {head.partition(b' ')[2][:3].decode()}")
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(answer) < end + len(_END_OF_HEAD) + length:
            answer += self._received()
        return bytes(answer[end + len(_END_OF_HEAD) :])

    def _received(self) -> bytes:
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise RuntimeError("the server closed the connection")
        return chunk


def post(service_id: str, body: bytes) -> bytes:
    """The HTTP request of one hook call."""
    head = (
        f"POST /cds-services/{service_id} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_loop(port: int, request: bytes, count: int, warm_up: int = 0) -> Timings:
    """The latencies of `count` requests on one connection, after `warm_up` that do not count."""
    times: list[float] = []
    with Connection(port) as connection:
        for number in range(warm_up + count):
            started = perf_counter_ns()
            connection.ask(request)
            if number >= warm_up:
                times.append((perf_counter_ns() - started) / 1e6)
    return Timings(tuple(sorted(times)))


def run_loops(port: int, request: bytes, count: int, connections: int) -> tuple[Timings, float]:
    """`count` requests on each of several connections at once: the latencies of all, and requests a second."""
    started = perf_counter_ns()
    with ThreadPoolExecutor(connections) as pool:
        loops: Sequence[Timings] = list(pool.map(lambda _: run_loop(port, request, count), range(connections)))
    seconds = (perf_counter_ns() - started) / 1e9
    times = sorted(time for loop in loops for time in loop.milliseconds)
    return Timings(tuple(times)), len(times) / seconds
