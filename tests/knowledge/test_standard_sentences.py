"""The standard sentences of evidence.md 2.7: each is said by a text of the knowledge, and stands so on a card."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.story import Kind
from tests.support.story_files import load_stories

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

FOLDER = Path(__file__).parents[2] / "treatment_algorithm" / "knowledge" / "stories"
# evidence.md 2.7, word for word.
SENTENCES = {
    "limits": "Mostly case series; partial improvement is the realistic goal.",
    "adult": "From juvenile recommendations; limited evidence in adults.",
    "activity": "Confirm disease activity first; it is not on record.",
    "local": "The source text lists nothing for localized disease; this comes from its other sections.",
    "off_label_sts": "Off-label; published support with abatacept is one case.",
    "rituximab": "May take up to 26 weeks.",
    "diltiazem": "Partial response in 9 of 17 (one series); lower doses seem less effective.",
    "diltiazem_ssc": "In systemic sclerosis: slight X-ray improvement in 3 of 12.",
    "surgery": "Excision: at least partial response in 27 of 28 (one series); it can recur.",
    "warfarin": "One small controlled trial was negative; a 2020 review advises against low-dose warfarin.",
    "anti_tnf_adult": "Anti-TNF not suggested: guidance is juvenile; it can trigger or worsen dermatomyositis.",
    "twelve_weeks": "Reassessment point in the juvenile guidance: 12 weeks.",
    "draft": "Draft rules, not yet reviewed by a clinician.",
}


@pytest.mark.parametrize("key", [key for key in SENTENCES if key != "draft"])
def test_every_sentence_is_said_by_a_text_of_the_knowledge(knowledge: "KnowledgeBase", key: str) -> None:
    from cds_service.documents.rule_homes import rule_homes
    from treatment_algorithm.knowledge_base import knowledge_folder

    assert rule_homes(knowledge, knowledge_folder()).sayers_of(key)


def test_no_sentence_stands_beside_the_specification(knowledge: "KnowledgeBase") -> None:
    assert {key: sentence.text for key, sentence in knowledge.evidence.sentences.items()} == SENTENCES


def test_every_sentence_stands_word_for_word_on_the_card_of_a_story(knowledge: "KnowledgeBase") -> None:
    from tests.support.run_story import run_pure

    missing = set(SENTENCES.values())
    for story in load_stories([FOLDER]):
        if not missing:
            break
        if story.kind is Kind.FIRES and story.expect.status == 200:
            for card in run_pure(story, knowledge).cards:
                said = card["detail"].replace("**", "")
                missing = {sentence for sentence in missing if sentence not in said}
    assert missing == set()
