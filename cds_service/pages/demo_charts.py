"""DemoCharts: the invented patients that the workbench opens, from the folder `demo` beside the product."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGES = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


def demo_folder() -> Path | None:
    """The folder with the demo patients: of the source tree, else of the working directory; None: not installed."""
    folders = (_PACKAGES / "demo", Path("demo"))
    return next((folder for folder in folders if (folder / "workbench.json").is_file()), None)


class DemoCharts:
    """The charts of a demo folder (demo/README.md), and what the workbench offers to do with them."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._offer: Json = {} if folder is None else _read(folder / "workbench.json")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the charts, in the order of the page."""
        return tuple(chart["name"] for chart in self._offer.get("charts", ()))

    def chart(self, name: str) -> Json:
        """A transaction Bundle; raises KeyError for a name that is none of `names`."""
        if self._folder is None or name not in self.names:
            raise KeyError(name)
        return _read(self._folder / "patients" / f"{name}.json")

    def offer(self) -> Json:
        """`charts` with name, age and line; `changes` of a chart; `drugs` and `reasons` of an order."""
        if self._folder is None:
            return {"charts": [], "changes": [], "drugs": [], "reasons": []}
        return {
            "charts": [{**chart, **_person(self.chart(chart["name"]))} for chart in self._offer["charts"]],
            "changes": [self._change(change) for change in self._offer["changes"]],
            "drugs": list(_drugs(_read(self._folder / "hook-calls.json"))),
            "reasons": self._offer["reasons"],
        }

    def _change(self, change: Json) -> Json:
        adds = [_found(self.chart(add["chart"]), add["reference"]) for add in change.get("adds", ())]
        return {**change, "adds": adds, "leaves_out": change.get("leaves_out", [])}


def _read(path: Path) -> Json:
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def _resources(chart: Json) -> Iterator[Json]:
    return (entry["resource"] for entry in chart["entry"])


def _found(chart: Json, reference: str) -> Json:
    return next(one for one in _resources(chart) if f"{one['resourceType']}/{one['id']}" == reference)


def _person(chart: Json) -> Mapping[str, Any]:
    patient = next(one for one in _resources(chart) if one["resourceType"] == "Patient")
    return {"given": patient["name"][0]["given"][0], "birthDate": patient["birthDate"], "gender": patient["gender"]}


def _drugs(calls: Json) -> Iterator[Json]:
    """The drugs of the demo orders, each product once, by the name that a prescriber looks for."""
    drugs: dict[str, Json] = {}
    for call in calls["calls"]:
        for entry in call.get("context", {}).get("draftOrders", {}).get("entry", ()):
            drug = entry["resource"].get("medicationCodeableConcept", {})
            if drug.get("coding"):
                drugs.setdefault(drug["coding"][0]["code"], drug)
    yield from sorted(drugs.values(), key=lambda drug: str(drug["text"]).lower().lstrip("0123456789 hml"))
