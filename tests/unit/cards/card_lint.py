"""The lint rules of card-style.md section 3 over one card of an answer: lint() says what is wrong, rule by rule.

L26 (reading grade) is reported and not judged, so it is not here.
"""

from collections.abc import Callable, Iterator

from tests.unit.cards import lint_drafts, lint_facts, lint_frame, lint_text
from tests.unit.cards.answered import Answered, Json

LintRule = Callable[[Json, Answered], Iterator[str]]

RULES: tuple[LintRule, ...] = (
    lint_frame.only_members_of_the_standard,
    lint_text.summary_is_one_short_line,
    lint_text.detail_is_short,
    lint_text.detail_keeps_to_the_markdown_subset,
    lint_text.blocks_stand_in_order,
    lint_text.mandatory_sentences_are_there,
    lint_text.draft_line_is_there_while_a_rule_is_draft,
    lint_text.nothing_names_a_dose,
    lint_text.no_word_promises_or_commands,
    lint_text.no_figure_without_a_source,
    lint_facts.absence_is_claimed_only_where_it_is_known,
    lint_facts.what_is_called_not_recorded_is_not,
    lint_facts.indicator_is_earned,
    lint_drafts.no_drug_is_drafted_unchecked,
    lint_facts.third_line_is_named_and_no_more,
    lint_facts.anti_tnf_is_not_suggested_to_adults,
    lint_facts.what_is_taken_is_not_started,
    lint_drafts.a_drug_draft_names_the_ingredient,
    lint_drafts.drafts_are_valid_and_belong_to_the_request,
    lint_drafts.an_update_changes_the_drug_only,
    lint_drafts.suggestions_are_few_and_labelled,
    lint_frame.links_lead_somewhere,
    lint_frame.override_reasons_are_official,
    lint_drafts.codes_are_verified,
    lint_text.off_label_is_said,
    lint_frame.the_answer_is_short_and_in_order,
    lint_frame.nothing_names_the_patient,
    lint_frame.the_extension_says_why,
)


def lint(card: Json, answered: Answered) -> list[str]:
    """Everything that is wrong with one card of the answer; empty when nothing is."""
    return [complaint for rule in RULES for complaint in rule(card, answered)]


def lint_answer(answered: Answered) -> list[str]:
    """Everything that is wrong with the answer, each complaint with the summary of its card."""
    return [f"{complaint} [{card['summary']}]" for card in answered.cards for complaint in lint(card, answered)]
