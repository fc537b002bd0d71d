"""DrugJudgements: the safety findings of the drugs that recommendations name, judged when they are first asked for.

Most requests ask about few of these drugs or none; judging all of them was more than half of an assessment.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from treatment_algorithm.assessment import SafetyFinding, Side
from treatment_algorithm.case import Case
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.safety import judge_drug


class DrugJudgements(Mapping[str, tuple[SafetyFinding, ...]]):
    """Findings by suggestable concept, each as if the drug were suggested to the patient of `case`.

    The same at every asking: it is kept for the one request that it belongs to.
    """

    __slots__ = ("_case", "_judged", "_knowledge", "_shared")

    def __init__(self, knowledge: KnowledgeBase, case: Case) -> None:
        self._knowledge = knowledge
        self._case = case
        self._shared: dict[str, SafetyFinding] = {}
        self._judged: dict[str, tuple[SafetyFinding, ...]] = {}

    def __getitem__(self, drug: str) -> tuple[SafetyFinding, ...]:
        """The findings about `drug`; KeyError for a drug that no recommendation names."""
        judged = self._judged.get(drug)
        if judged is None:
            if drug not in self._knowledge.suggestable:
                raise KeyError(drug)
            rules = self._knowledge.rules_about(drug)
            judged = tuple(judge_drug(rules, drug, Side.SUGGESTED, self._case, self._shared))
            self._judged[drug] = judged
        return judged

    def __iter__(self) -> Iterator[str]:
        return iter(self._knowledge.suggestable)

    def __len__(self) -> int:
        return len(self._knowledge.suggestable)


@dataclass(frozen=True, slots=True)
class SuppressedDrugs(Container[str]):
    """The concepts that a fired rule takes out of every suggestion."""

    judgements: DrugJudgements

    def __contains__(self, drug: object) -> bool:
        found = self.judgements.get(drug, ()) if isinstance(drug, str) else ()
        return any(finding.action and finding.action.suppresses for finding in found)
