"""The lint rules of card-style.md section 3 over one card of an answer: lint() says what is wrong, rule by rule.

L26 (reading grade) is reported and not judged, so it is not here.
"""

from collections.abc import Callable, Iterator

from cds_service.card_lint import drafts, facts, frame, texts
from cds_service.card_lint.answered import Answered, Json

LintRule = Callable[[Json, Answered], Iterator[str]]

RULES: tuple[LintRule, ...] = (
    frame.only_members_of_the_standard,
    texts.summary_is_one_short_line,
    texts.detail_is_short,
    texts.detail_keeps_to_the_markdown_subset,
    texts.blocks_stand_in_order,
    texts.mandatory_sentences_are_there,
    texts.draft_line_is_there_while_a_rule_is_draft,
    texts.nothing_names_a_dose,
    texts.no_word_promises_or_commands,
    texts.no_figure_without_a_source,
    facts.absence_is_claimed_only_where_it_is_known,
    facts.what_is_called_not_recorded_is_not,
    facts.indicator_is_earned,
    drafts.no_drug_is_drafted_unchecked,
    facts.third_line_is_named_and_no_more,
    facts.anti_tnf_is_not_suggested_to_adults,
    facts.what_is_taken_is_not_started,
    drafts.a_drug_draft_names_the_ingredient,
    drafts.drafts_are_valid_and_belong_to_the_request,
    drafts.an_update_changes_the_drug_only,
    drafts.suggestions_are_few_and_labelled,
    frame.links_lead_somewhere,
    frame.override_reasons_are_official,
    drafts.codes_are_verified,
    texts.off_label_is_said,
    frame.the_answer_is_short_and_in_order,
    frame.nothing_names_the_patient,
    frame.the_extension_says_why,
)


def lint(card: Json, answered: Answered) -> list[str]:
    """Everything that is wrong with one card of the answer; empty when nothing is."""
    return [complaint for rule in RULES for complaint in rule(card, answered)]


def lint_answer(answered: Answered) -> list[str]:
    """Everything that is wrong with the answer, each complaint with the summary of its card."""
    return [f"{complaint} [{card['summary']}]" for card in answered.cards for complaint in lint(card, answered)]
