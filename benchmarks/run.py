"""make bench: measure the request path against the floor and against its goals.

Prints tables; `--save` also writes benchmarks/results/<date>.json. Exit status 0 whatever the verdicts are: on a busy
machine a miss is a reason to look, not a failure.
"""

import argparse
import json
import os
import platform
import tempfile
from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.payload import order_select, patient_view
from benchmarks.report import as_json, print_goals, print_rounds, print_stages
from benchmarks.rounds import measure_rounds
from benchmarks.servers import CLIENT_CORE, pin
from benchmarks.stages import StageTimes, measure_stages
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge

RESULTS = Path(__file__).parent / "results"
_STAGE_RUNS = 200
_FEW_RUNS = 10


def main() -> None:
    """Measure and print."""
    options = _options()
    console = Console()
    console.print(f"{_machine()}; client pinned: {'yes' if pin(CLIENT_CORE) else 'no'}")
    today = datetime.now().astimezone().date()
    stages = _stages(today, options.share)
    print_stages(console, stages)
    rounds = []
    if not options.stages_only:
        for one in measure_rounds(options.rounds, options.share):
            rounds.append(one)
            console.print(f"round {len(rounds)} of {options.rounds} done")
        print_rounds(console, rounds)
        print_goals(console, rounds)
    if options.save and rounds:
        file = RESULTS / f"{today.isoformat()}.json"
        RESULTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(as_json(rounds, stages, _machine()), indent=1) + "\n", encoding="utf-8")
        console.print(f"written: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file.name}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of floor and service (3)")
    parser.add_argument("--share", type=float, default=1.0, help="part of the requests to send, for a quick look (1.0)")
    parser.add_argument("--stages-only", action="store_true", help="only the profile inside the process")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results/<date>.json")
    return parser.parse_args()


def _stages(today: date, share: float) -> dict[str, StageTimes]:
    knowledge = load_knowledge(knowledge_folder())
    runs = max(3, int(_STAGE_RUNS * share))
    bodies = {
        "N=5": (patient_view(5), runs),
        "N=50": (patient_view(50), runs),
        "N=500": (patient_view(500), max(3, int(_FEW_RUNS * share))),
        "order-select": (order_select(50), runs),
    }
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, database_url=f"sqlite:///{folder}/bench.sqlite3")
        return {name: measure_stages(body, knowledge, settings, today, count) for name, (body, count) in bodies.items()}


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


if __name__ == "__main__":
    main()
