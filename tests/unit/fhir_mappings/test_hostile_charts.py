"""Property: no JSON in the place of any element makes the mapping raise, and nothing of it reaches a fact's text."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.fhir_mappings.charts import Mapper, bundle
from tests.unit.fhir_mappings.corpus import BY_KEY
from tests.unit.fhir_mappings.test_draft_orders import SANDBOX_ORDER, drafts_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
Path = tuple[str | int, ...]
RESOURCES = [(key, resource) for key, resources in BY_KEY.items() for resource in resources]
QUICK = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def paths_of(value: Any, above: Path = ()) -> Iterator[Path]:
    """The way to every element of a JSON value, itself included."""
    yield above
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_of(inner, (*above, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths_of(inner, (*above, position))


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy of a JSON value with another value at the end of the path."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@QUICK
@given(data=st.data())
def test_any_json_in_the_place_of_any_element_of_a_chart_is_survived(data: st.DataObject, mapper: Mapper) -> None:
    key, resource = data.draw(st.sampled_from(RESOURCES))
    path = data.draw(st.sampled_from(list(paths_of(resource))))
    listed = bundle([{"resource": replaced(resource, path, data.draw(JSON))}])
    mapper.features({key: listed})


@QUICK
@given(data=st.data())
def test_any_json_in_the_place_of_any_element_of_a_bundle_is_survived(data: st.DataObject, mapper: Mapper) -> None:
    key = data.draw(st.sampled_from(sorted(BY_KEY)))
    whole = bundle(BY_KEY[key][:2], total=2, link=[{"relation": "self", "url": "https://e.example"}])
    path = data.draw(st.sampled_from(list(paths_of(whole))))
    mapper.features({key: replaced(whole, path, data.draw(JSON))})


@QUICK
@given(data=st.data())
def test_any_json_in_the_place_of_any_element_of_a_draft_is_survived(data: st.DataObject, mapper: Mapper) -> None:
    whole = drafts_of(SANDBOX_ORDER)
    path = data.draw(st.sampled_from(list(paths_of(whole))))
    mapper.features({"conditions": bundle([])}, replaced(whole, path, data.draw(JSON)), frozenset())


@QUICK
@given(text=st.text(max_size=60))
def test_any_text_in_the_place_of_a_name_is_survived(text: str, mapper: Mapper) -> None:
    mapper.features(
        {
            "conditions": bundle([BY_KEY["conditions"][0] | {"code": {"text": "calcinosis cutis" + text}}]),
            "medications": bundle([BY_KEY["medications"][0] | {"medicationCodeableConcept": {"text": text}}]),
            "observations": bundle([BY_KEY["observations"][4] | {"valueCodeableConcept": {"text": text}}]),
        }
    )
