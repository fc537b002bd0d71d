"""SourceAttributes: what a user of decision support is told about where it comes from and which data it uses.

The attributes of an evidence-based intervention in 45 CFR 170.315(b)(11)(iv)(A), 1 to 13. What is not known stays
null, and is shown as not stated.
"""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Annotated

from pydantic import Field, TypeAdapter

from treatment_algorithm.card_texts import Record
from treatment_algorithm.knowledge_files import read_models

Words = Annotated[str, Field(min_length=1)]


class PatientAttribute(Record):
    """A kind of patient data that the regulation asks about by name.

    `number`: its number in the paragraph. `elements`: the FHIR R4 elements that are read for it, none when it is not
    used. `would_be`: where FHIR R4 and US Core carry it, none of which is read when it is not used. `note`: what it is
    used for, or what its absence rests on.
    """

    id: str = Field(pattern=r"^[a-z_]+$")
    number: int = Field(ge=5, le=13)
    title: Words
    used: bool
    elements: tuple[Words, ...] = ()
    would_be: tuple[Words, ...] = ()
    note: Words


class SourceAttributes(Record):
    """The declaration. `developer` and `funding`: null means that nobody has stated it.

    `elements_read`: resource type -> every element of it that is read.
    """

    kind: Words
    citation: Words
    developer: Words | None
    funding: Words | None
    users: Words
    population: Words
    not_for: Words
    patient_attributes: tuple[PatientAttribute, ...]
    elements_read: Mapping[str, tuple[Words, ...]]
    limits: tuple[Words, ...]
    regulation_seen: Words


def load_source_attributes(folder: Traversable) -> SourceAttributes:
    """The declaration of a knowledge folder; KnowledgeError with the line of what is wrong in it."""
    return read_models(folder / "source_attributes.yaml", TypeAdapter(SourceAttributes))
