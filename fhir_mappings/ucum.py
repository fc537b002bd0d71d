"""UCUM: what a unit is in base units, from UCUM's own table of units (ucum-essence.xml, 2.2) and its grammar.

The table comes with the package ucumvert and is read as data: ucumvert itself, on pint, takes 0.6 s and 10 MB to start
and then gives the same answers (docs/decisions/0008), which the tests hold for every unit with every prefix.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element, parse

Dimensions = Mapping[str, int]
_ESSENCE = Path("vendor", "ucum-essence.xml")
_SPACE = "{http://unitsofmeasure.org/ucum-essence}"
# UCUM counts substance in numbers (a mole is 6e23) and angles in radians; here an amount of substance is a dimension
# of its own, so that no count becomes one, and an angle has none.
_OWN_DIMENSION = "mol"
_WITHOUT_DIMENSION = "rad"
_ANNOTATION = re.compile(r"\{[!-z|~]*\}")
_SIMPLE_UNIT = re.compile(
    r"(?P<factor>[1-9][0-9]*)(?![*^0-9])|(?P<atom>(?:10[*^]|[a-zA-Z%'_]|\[[^\[\]]*\])+?)(?P<exponent>[-+]?[1-9][0-9]*)?"
    r"(?=[./(){}]|$)"
)
_EXPONENT = re.compile(r"[-+]?[1-9][0-9]*")


class NoUnit(ValueError):
    """A text that UCUM does not know as a unit on a ratio scale; the message holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of the base units one of a unit is, and the powers of them that are not 0."""

    factor: float
    dimensions: Dimensions

    def times(self, other: "Size", power: int = 1) -> "Size":
        """The product with a power of another size; raises OverflowError and ZeroDivisionError."""
        powers = dict(self.dimensions)
        for name, exponent in other.dimensions.items():
            powers[name] = powers.get(name, 0) + exponent * power
        kept = {name: exponent for name, exponent in powers.items() if exponent}
        return Size(self.factor * other.factor**power, MappingProxyType(kept))


_ONE = Size(1.0, MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class _Table:
    """The table of units: prefixes, units as they are defined, which of them take prefixes."""

    prefixes: Mapping[str, float]
    defined: Mapping[str, tuple[float, str] | Size | None]
    metric: frozenset[str]


def size_of(unit: str) -> Size:
    """The size of a unit in UCUM's case-sensitive notation.

    Raises NoUnit for a text that is none, and for units that are not proportional (Cel, [pH], B).
    """
    try:
        size, rest = _main_term(unit)
    except (OverflowError, ZeroDivisionError, RecursionError):
        raise NoUnit("not a number") from None
    if rest:
        raise NoUnit("more than a unit")
    return size


def _main_term(text: str) -> tuple[Size, str]:
    """A term, which may begin with "/", and what is left of the text."""
    size = _ONE
    operator, rest = ("/", text[1:]) if text.startswith("/") else (".", text)
    while True:
        component, rest = _component(rest)
        size = size.times(component, 1 if operator == "." else -1)
        if not rest.startswith((".", "/")):
            return size, rest
        operator, rest = rest[0], rest[1:]


def _component(text: str) -> tuple[Size, str]:
    """One unit, number, group in parentheses or annotation; the annotation behind it says nothing."""
    if text.startswith("("):
        size, rest = _main_term(text[1:])
        if not rest.startswith(")"):
            raise NoUnit("a parenthesis is left open")
        rest = rest[1:]
    elif annotation := _ANNOTATION.match(text):
        return _ONE, text[annotation.end() :]
    else:
        size, rest = _simple_unit(text)
    annotation = _ANNOTATION.match(rest)
    return size, rest[annotation.end() :] if annotation else rest


def _simple_unit(text: str) -> tuple[Size, str]:
    found = _SIMPLE_UNIT.match(text)
    if found is None:
        raise NoUnit("no unit")
    if number := found["factor"]:
        size, rest = Size(float(number), _ONE.dimensions), text[found.end() :]
        exponent = _EXPONENT.match(rest)
        return (_ONE.times(size, int(exponent[0])), rest[exponent.end() :]) if exponent else (size, rest)
    return _ONE.times(_atom(found["atom"]), int(found["exponent"] or 1)), text[found.end() :]


@cache
def _atom(symbol: str) -> Size:
    """The size of a unit symbol, with or without a prefix; raises NoUnit."""
    table = _table()
    if symbol in table.defined:
        defined = table.defined[symbol]
        if defined is None:
            raise NoUnit("a unit without proportion")
        if isinstance(defined, Size):
            return defined
        number, of = defined
        size = size_of(of)
        return Size(number * size.factor, size.dimensions)
    for length in (2, 1):
        prefix, unit = symbol[:length], symbol[length:]
        if prefix in table.prefixes and unit in table.metric:
            size = _atom(unit)
            return Size(table.prefixes[prefix] * size.factor, size.dimensions)
    raise NoUnit("an unknown unit")


@cache
def _table() -> _Table:
    # Looked for, not imported: the package builds a parser when it is.
    package = find_spec("ucumvert")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("ucumvert")
    # The file comes with the software.
    root = parse(Path(package.origin).parent / _ESSENCE).getroot()  # noqa: S314
    prefixes = {prefix.attrib["Code"]: _value(prefix) for prefix in root.iter(f"{_SPACE}prefix")}
    defined = dict(_definitions(root))
    metric = {unit.attrib["Code"] for unit in root.iter(f"{_SPACE}unit") if unit.attrib["isMetric"] == "yes"}
    base = {unit.attrib["Code"] for unit in root.iter(f"{_SPACE}base-unit")}
    return _Table(MappingProxyType(prefixes), MappingProxyType(defined), frozenset(metric | base))


def _definitions(root: Element) -> Iterator[tuple[str, tuple[float, str] | Size | None]]:
    for unit in root.iter(f"{_SPACE}unit"):
        special = unit.attrib.get("isSpecial") == "yes"
        yield unit.attrib["Code"], None if special else (_value(unit), unit.find(f"{_SPACE}value").attrib["Unit"])  # type: ignore[union-attr]  # every unit has a value
    bases = [unit.attrib["Code"] for unit in root.iter(f"{_SPACE}base-unit")]
    for code in (*bases, _OWN_DIMENSION):
        powers = {} if code == _WITHOUT_DIMENSION else {code: 1}
        yield code, Size(1.0, MappingProxyType(powers))


def _value(entry: Element) -> float:
    return float(entry.find(f"{_SPACE}value").attrib["value"])  # type: ignore[union-attr]  # every entry has a value
