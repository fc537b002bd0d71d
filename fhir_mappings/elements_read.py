"""Which FHIR elements the product reads at all: what the structs name, and nothing else (decision 7)."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec

from fhir_mappings.resources import ChartResource, MedicationResource

_RESOURCES: tuple[type[msgspec.Struct], ...] = (*get_args(ChartResource), MedicationResource)


def elements_read() -> Mapping[str, tuple[str, ...]]:
    """Resource type -> its own elements that are read, by their FHIR R4 names, sorted."""
    return {
        str(kind.__struct_config__.tag): tuple(sorted(field.encode_name for field in msgspec.structs.fields(kind)))
        for kind in _RESOURCES
    }


def paths_read() -> frozenset[str]:
    """`Type.element.element` of everything that is read, at any depth; `contained` is read as the types it holds."""
    return frozenset(path for kind in _RESOURCES for path in _paths(kind, str(kind.__struct_config__.tag)))


def _paths(kind: type[msgspec.Struct], place: str) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        path = f"{place}.{field.encode_name}"
        yield path
        for inner in _structs(field.type):
            yield from _paths(inner, path)


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _structs(argument)
