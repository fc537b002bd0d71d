"""What a terminology server said is kept for a while, and not without end."""

from cds_service.ehr.lookup_cache import LookupCache
from fhir_mappings.elements import Coding
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DRUG = LookedUpDrug(ingredients=(Coding(RXNORM, "3443", "diltiazem"),))


def code(number: int) -> DrugCode:
    return RXNORM, str(number)


def test_an_answer_is_kept_until_its_time_is_over() -> None:
    cache = LookupCache()
    cache.put(code(1), DRUG, until=10.0)
    assert cache.get(code(1), now=9.9) == DRUG
    assert cache.get(code(2), now=9.9) is None
    assert cache.get(code(1), now=10.0) is None
    assert cache.get(code(1), now=9.9) is None


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    cache = LookupCache(capacity=2)
    for number in (1, 2):
        cache.put(code(number), DRUG, until=10.0)
    cache.get(code(1), now=0.0)
    cache.put(code(3), DRUG, until=10.0)
    assert [cache.get(code(number), now=0.0) for number in (1, 2, 3)] == [DRUG, None, DRUG]


def test_a_new_answer_takes_the_place_of_the_old_one() -> None:
    cache = LookupCache(capacity=1)
    cache.put(code(1), LookedUpDrug(), until=10.0)
    cache.put(code(1), DRUG, until=20.0)
    assert cache.get(code(1), now=15.0) == DRUG
