"""Which rules lack a story: each one needs a story in which it fires, nearly fires, and lacks data."""

from collections.abc import Iterable

from tests.support.story import Kind, Story


def coverage_gaps(required: Iterable[str], stories: Iterable[Story]) -> list[str]:
    """One line for each rule ID of `required` and each kind of story that it lacks, sorted."""
    told = {(rule, story.kind) for story in stories for rule in story.about}
    return sorted(f"{rule}: no story of kind {kind}" for rule in required for kind in Kind if (rule, kind) not in told)


def unknown_subjects(known: Iterable[str], stories: Iterable[Story]) -> list[str]:
    """One line for each story that is about a rule which does not exist, sorted."""
    ids = frozenset(known)
    return sorted(f"{story.id}: {rule} is no rule" for story in stories for rule in story.about if rule not in ids)
