"""CaseFiles: many charts and recorded hook calls, each a case to decide; if none are named, the demo's own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cds_service.commands.bundle_request import NoDraftOrder, UnusableChart
from cds_service.commands.chart_file import ChartFile, read_chart
from cds_service.hook_request import ORDER_SELECT
from cds_service.pages.demo_charts import demo_folder

_ORDER_SIGN = "order-sign"


@dataclass(frozen=True, slots=True)
class Case:
    """One call to decide: the file's name without its ending, and the request that is made of it."""

    name: str
    file: ChartFile

    @property
    def hook(self) -> str:
        """The hook that the case calls."""
        return self.file.request.hook


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """The cases of files and folders (*.json, by name); without any those of the demo.

    A recorded request is one case; a Bundle is one at patient-view and, where it holds draft orders, one at each order
    hook. Raises UnusableChart, which names the file and nothing of what is in it.
    """
    cases = [case for path in _files(tuple(paths) or _demo()) for case in _cases(path)]
    if not cases:
        raise UnusableChart("there is no chart and no recorded request (*.json) in the folder")
    return cases


def _demo() -> tuple[Path, ...]:
    folder = demo_folder()
    if folder is None:
        raise UnusableChart("the demo charts are not installed; name files or folders of your own")
    return (folder / "hook-requests",)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else (path,)


def _cases(path: Path) -> Iterator[Case]:
    try:
        data = path.read_bytes()
        first = read_chart(data, None, None)
        yield Case(path.stem, first)
        for hook in () if first.recorded else (ORDER_SELECT, _ORDER_SIGN):
            yield Case(path.stem, read_chart(data, hook, None))
    except NoDraftOrder:
        return
    except OSError as error:
        raise UnusableChart(f"{path.name} cannot be read: {error.strerror}") from None
    except UnusableChart as error:
        raise UnusableChart(f"{path.name}: {error}") from None
