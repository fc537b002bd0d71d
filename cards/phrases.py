"""The closed vocabulary of phrases that knowledge files may use in braces: facts of this patient put into words.

wording.py adds `s:` (standard sentences), `value:`, `finding:` and the words of words.yaml.
"""

from cards.chart_phrases import CHART_PHRASES
from cards.finding_phrases import FINDING_PHRASES
from cards.telling import Phrase
from cards.therapy_phrases import THERAPY_PHRASES

PHRASES: dict[str, Phrase] = {**THERAPY_PHRASES, **CHART_PHRASES, **FINDING_PHRASES}
"""Phrase name -> function of what is told and of the names after the colon."""
