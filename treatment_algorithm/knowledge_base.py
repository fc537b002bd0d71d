"""KnowledgeBase: all knowledge files as one immutable value, loaded once at start, versioned and hashed."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import TypeAdapter

from treatment_algorithm.card_texts import OrderCardTexts, OverrideReason, SuggestionTemplate, Word
from treatment_algorithm.chart_predicates import Usable
from treatment_algorithm.concept_table import ConceptKind, ConceptTable, load_concepts
from treatment_algorithm.cues import Cues, load_cues
from treatment_algorithm.evidence_model import Evidence, load_evidence
from treatment_algorithm.knowledge_files import read_models, yaml_files
from treatment_algorithm.knowledge_model import (
    CardTemplate,
    FeatureDefinition,
    Manifest,
    OrderRule,
    Recommendation,
    Rule,
    SafetyRule,
    ScenarioRule,
    Therapy,
)
from treatment_algorithm.predicates import walk
from treatment_algorithm.site_rules import SiteRules
from treatment_algorithm.thresholds import Threshold

_Entry = TypeVar("_Entry")
_SUGGESTABLE = (ConceptKind.MEDICATION, ConceptKind.PROCEDURE)


@dataclass(frozen=True)
class KnowledgeBase:
    """The knowledge of one release.

    `names_of`: concept -> itself and the sets that hold it. `suggestable`: every drug concept that a recommendation
    names. `content_hash`: SHA-256 over all files, that of the site included, so that a card can be told from a card of
    changed files. `site`: what the site file switches.
    """

    manifest: Manifest
    content_hash: str
    concepts: ConceptTable
    cues: Cues
    evidence: Evidence
    features: tuple[FeatureDefinition, ...]
    therapies: tuple[Therapy, ...]
    scenarios: tuple[ScenarioRule, ...]
    recommendations: tuple[Recommendation, ...]
    safety_rules: tuple[SafetyRule, ...]
    orders: tuple[OrderRule, ...]
    cards: tuple[CardTemplate, ...]
    order_card: OrderCardTexts
    suggestions: Mapping[str, SuggestionTemplate]
    words: Mapping[str, Word]
    override_reasons: Mapping[str, OverrideReason]
    names_of: Mapping[str, frozenset[str]]
    therapies_expanded: tuple[tuple[Therapy, frozenset[str]], ...]
    suggestable: tuple[str, ...]
    rules_by_drug: Mapping[str, tuple[SafetyRule, ...]]
    thresholds: Mapping[str, Threshold]
    site: SiteRules = field(default_factory=SiteRules)

    @property
    def version(self) -> str:
        """The SemVer of the knowledge."""
        return self.manifest.version

    @property
    def rules(self) -> Iterator[Rule]:
        """Every rule: scenarios, recommendations, order rules, safety rules."""
        yield from self.scenarios
        yield from self.recommendations
        yield from self.orders
        yield from self.safety_rules

    @property
    def draft(self) -> bool:
        """Whether any rule has not been reviewed by a clinician."""
        return any(rule.review == "draft" for rule in self.rules)

    def rules_about(self, drug: str) -> tuple[SafetyRule, ...]:
        """The safety rules that may say something of a drug concept, as the drug or as the partner, in file order."""
        return self.rules_by_drug.get(drug, self.safety_rules)

    def drugs_of(self, name: str) -> tuple[str, ...]:
        """The drug concepts of a set or concept, class concepts and look-alikes left out."""
        return tuple(sorted(c for c in self.concepts.expand(name) if not c.startswith("class_")))

    def label(self, concept: str) -> str:
        """How a card names a concept."""
        return self.concepts.concepts[concept].label


def knowledge_folder() -> Traversable:
    """The folder of the knowledge files that come with the product."""
    return resources.files("treatment_algorithm") / "knowledge"


def load_knowledge(folder: Traversable) -> KnowledgeBase:
    """Read, check and cross-check every file of a knowledge folder; KnowledgeError with file and line if not sound.

    A rule is approved where the last review of just this content says so (reviews.py), else a draft.
    """
    # imported here because both need the KnowledgeBase type
    from treatment_algorithm.knowledge_checks import check_knowledge
    from treatment_algorithm.reviews import with_reviews

    concepts = load_concepts(folder / "concepts")
    therapies = _entries(folder / "therapies.yaml", Therapy)
    recommendations = _entries(folder / "recommendations.yaml", Recommendation)
    suggestions = _entries(folder / "suggestions.yaml", SuggestionTemplate)
    words = _entries(folder / "words.yaml", Word)
    override_reasons = _entries(folder / "override_reasons.yaml", OverrideReason)
    safety_rules = _folder_entries(folder / "safety", SafetyRule)
    thresholds = _entries(folder / "thresholds.yaml", Threshold) if (folder / "thresholds.yaml").is_file() else ()
    names_of = _names_of(concepts)
    knowledge = KnowledgeBase(
        manifest=read_models(folder / "manifest.yaml", TypeAdapter(Manifest)),
        content_hash=_content_hash(folder),
        concepts=concepts,
        cues=load_cues(folder),
        evidence=load_evidence(folder),
        features=_entries(folder / "features.yaml", FeatureDefinition),
        therapies=therapies,
        scenarios=_entries(folder / "scenarios.yaml", ScenarioRule),
        recommendations=recommendations,
        safety_rules=safety_rules,
        orders=_entries(folder / "orders.yaml", OrderRule),
        cards=_folder_entries(folder / "cards", CardTemplate),
        order_card=read_models(folder / "order_card.yaml", TypeAdapter(OrderCardTexts)),
        suggestions=MappingProxyType({template.id: template for template in suggestions}),
        words=MappingProxyType({word.id: word for word in words}),
        override_reasons=MappingProxyType({reason.code: reason for reason in override_reasons}),
        names_of=names_of,
        therapies_expanded=tuple((therapy, _expanded(concepts, therapy.drugs)) for therapy in therapies),
        suggestable=_suggestable(concepts, recommendations),
        rules_by_drug=_rules_by_drug(concepts, names_of, safety_rules),
        thresholds=MappingProxyType({threshold.id: threshold for threshold in thresholds}),
    )
    check_knowledge(knowledge, folder)
    return with_reviews(knowledge, folder)


def _entries(file: Traversable, model: type[_Entry]) -> tuple[_Entry, ...]:
    return read_models(file, TypeAdapter(tuple[model, ...]))  # type: ignore[valid-type]  # the model is a value here


def _folder_entries(folder: Traversable, model: type[_Entry]) -> tuple[_Entry, ...]:
    return tuple(entry for file in yaml_files(folder) for entry in _entries(file, model))


def _expanded(concepts: ConceptTable, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(concept for name in names if _known(concepts, name) for concept in concepts.expand(name))


def _known(concepts: ConceptTable, name: str) -> bool:
    return name in concepts.sets or name in concepts.concepts


def _names_of(concepts: ConceptTable) -> Mapping[str, frozenset[str]]:
    names: dict[str, set[str]] = {concept: {concept} for concept in concepts.concepts}
    for name, members in concepts.sets.items():
        for concept in members:
            names[concept].add(name)
    return MappingProxyType({concept: frozenset(found) for concept, found in names.items()})


def _suggestable(concepts: ConceptTable, recommendations: tuple[Recommendation, ...]) -> tuple[str, ...]:
    named: list[str] = []
    for recommendation in recommendations:
        asked: list[Any] = [recommendation.when, *(f.when for f in recommendation.bullet if f.when is not None)]
        usable = [name for node in asked for part in walk(node) if isinstance(part, Usable) for name in part.concept]
        named += [*recommendation.drug, *recommendation.judges, *usable]
    drugs = {
        concept
        for name in named
        if _known(concepts, name)
        for concept in concepts.expand(name)
        if concepts.concepts[concept].kind in _SUGGESTABLE and not concept.startswith("class_")
    }
    return tuple(sorted(drugs))


def _rules_by_drug(
    concepts: ConceptTable, names_of: Mapping[str, frozenset[str]], rules: tuple[SafetyRule, ...]
) -> Mapping[str, tuple[SafetyRule, ...]]:
    named = [(rule, {*rule.about, *(rule.partner.concept if rule.partner else ())}) for rule in rules]
    drugs = [key for key, concept in concepts.concepts.items() if concept.kind in _SUGGESTABLE]
    return MappingProxyType(
        {
            drug: tuple(rule for rule, names in named if rule.about_any or not names.isdisjoint(names_of[drug]))
            for drug in drugs
        }
    )


def _content_hash(folder: Traversable) -> str:
    digest = hashlib.sha256()
    for path, file in sorted(_all_files(folder, "")):
        digest.update(path.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _all_files(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for item in folder.iterdir():
        path = f"{above}{item.name}"
        if item.is_dir():
            if item.name != "stories":
                yield from _all_files(item, f"{path}/")
        elif item.name.endswith((".yaml", ".csv")):
            yield path, item
