"""Decision 7: the slim reader and a reader on fhir.resources R4B give the same facts on valid charts."""

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.unit.fhir_mappings.charts import Mapper, bundle, read
from tests.unit.fhir_mappings.corpus import BY_KEY

CHART = {key: bundle(resources, total=len(resources)) for key, resources in BY_KEY.items()}


def through_fhir_resources(value: Any) -> Any:
    """A searchset as fhir.resources understands it: every element typed by its R4B model, then written out again."""
    return json.loads(Bundle.model_validate(value).model_dump_json(exclude_none=True))


@pytest.mark.parametrize("key", BY_KEY)
def test_every_resource_of_the_corpus_is_valid_and_read_strictly(key: str) -> None:
    resources = BY_KEY[key]
    assert len(resources) >= 12
    assert len(Bundle.model_validate(CHART[key]).entry or ()) == len(resources)
    found = read(key, CHART[key])
    assert (len(found.resources), found.unreadable) == (len(resources), 0)


def test_both_readers_give_the_same_facts(mapper: Mapper) -> None:
    slim = mapper.features(CHART)
    typed = mapper.features({key: through_fhir_resources(value) for key, value in CHART.items()})
    assert slim == typed
    assert all((slim.conditions, slim.medications, slim.measurements, slim.allergies, slim.procedures, slim.referrals))


def test_the_strict_and_the_entry_by_entry_reader_give_the_same_facts(mapper: Mapper) -> None:
    """A foreign entry makes the whole Bundle undecodable at once; then every entry is read by itself."""
    foreign = {"resource": {"resourceType": "Practitioner", "id": "d"}}
    loosely = {key: value | {"entry": [*value["entry"], foreign]} for key, value in CHART.items()}
    assert mapper.features(CHART) == mapper.features(loosely)
