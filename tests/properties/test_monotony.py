"""Less knowledge never says more: an open group raises no indicator and adds no drug draft (decisions 5, 6)."""

from dataclasses import replace
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from cds_service.card_lint.answered import Answered
from tests.properties.answering import answered, drafted
from tests.properties.strategies import CLOSED, HOOKS, QUICK, charts
from treatment_algorithm.features import Group, GroupState, PatientFeatures

READ = charts(st.just(CLOSED))
PARTLY = st.sampled_from((GroupState(complete=False), GroupState(unreadable=1)))
# Decision 33: a rule that names its own unknown case ("not tested", "dose unknown") speaks when its fact is gone, so
# facts are taken away only where no rule does that.
TAKEN_AWAY = {Group.MEDICATIONS: "medications", Group.ALLERGIES: "allergies"}
_RANK = {"info": 1, "warning": 2, "critical": 3}


def opened(features: PatientFeatures, group: Group, state: GroupState) -> PatientFeatures:
    return replace(features, groups=MappingProxyType({**features.groups, group: state}))


def urgency(answer: Answered) -> dict[str, int]:
    """How urgent the card of each order is; at patient-view all cards are info."""
    found = {}
    for card in answer.cards:
        (extension,) = card["extension"].values()
        found[extension["basis"][0] if answer.hook != "patient-view" else "chart"] = _RANK[card["indicator"]]
    return found


def no_worse(before: Answered, after: Answered) -> None:
    earlier = urgency(before)
    # A card that only says what could not be checked (info) may appear where there was none.
    assert all(rank <= max(earlier.get(name, 0), 1) for name, rank in urgency(after).items())
    assert drafted(after) <= drafted(before)


@QUICK
@given(features=READ, hook=st.sampled_from(HOOKS), group=st.sampled_from(list(Group)), state=PARTLY)
def test_a_group_that_was_not_read_completely_raises_nothing(
    features: PatientFeatures, hook: str, group: Group, state: GroupState
) -> None:
    no_worse(answered(features, hook), answered(opened(features, group, state), hook))


@QUICK
@given(features=READ, hook=st.sampled_from(HOOKS), group=st.sampled_from(list(TAKEN_AWAY)), keep=st.integers(0, 4))
def test_entries_that_could_not_be_read_raise_nothing(
    features: PatientFeatures, hook: str, group: Group, keep: int
) -> None:
    name = TAKEN_AWAY[group]
    fewer = replace(features, **{name: getattr(features, name)[:keep]})
    lost = len(getattr(features, name)) - len(getattr(fewer, name))
    partly = opened(fewer, group, GroupState(unreadable=lost))
    no_worse(answered(features, hook), answered(partly, hook))


@QUICK
@given(features=READ, hook=st.sampled_from(HOOKS), group=st.sampled_from((Group.CONDITIONS, *TAKEN_AWAY)))
def test_no_drug_is_drafted_while_conditions_drugs_or_allergies_are_open(
    features: PatientFeatures, hook: str, group: Group
) -> None:
    assert drafted(answered(opened(features, group, GroupState(unreadable=1)), hook)) == set()
