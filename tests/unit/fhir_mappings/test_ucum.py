"""Sizes of units: UCUM 2.2's own table and examples, and ucumvert on pint as the second opinion (decision 0008)."""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.ucum import NoUnit, size_of

VENDOR = Path(str(find_spec("ucumvert").origin)).parent / "vendor"  # type: ignore[union-attr]
# Of UCUM's own examples: a unit that its table of units does not hold.
NOT_IN_THE_TABLE = {"Torr"}
PREFIXES = ("", "G", "M", "k", "d", "c", "m", "u", "n", "p", "f")
# What laboratories, pharmacies and monitors measure with.
UNITS = ("g", "m", "s", "l", "L", "mol", "U", "kat", "Pa", "bar", "J", "W", "V", "Hz", "Bq", "Gy", "N", "m[H2O]")
UNPREFIXED = ("min", "h", "d", "wk", "[lb_av]", "[oz_av]", "[in_i]", "[ft_i]", "[foz_us]", "[degR]", "[psi]", "[gr]")


def examples() -> Iterator[str]:
    with (VENDOR / "ucum_examples.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield str(row["UCUM_CODE"])


@pytest.mark.parametrize("code", sorted({*examples()} - NOT_IN_THE_TABLE))
def test_every_example_of_ucum_is_a_unit_or_said_to_be_not_proportional(code: str) -> None:
    special = ("Cel", "[degF]", "[pH]", "B", "[p'diop]", "[hp'_", "[m/s2/Hz^(1/2)]")
    if any(part in code for part in special) and code not in ("Bq", "kBq"):
        return
    assert size_of(code).factor > 0


@pytest.mark.parametrize(
    ("unit", "factor", "dimensions"),
    [
        # UCUM 2.2, tables of units: 1 [lb_av] = 7000 [gr], 1 [gr] = 64.79891 mg; 1 [in_i] = 2.54 cm
        ("[lb_av]", 453.59237, {"g": 1}),
        ("[in_i]", 0.0254, {"m": 1}),
        ("m[Hg]", 133322000.0, {"g": 1, "m": -1, "s": -2}),
        ("U", 1e-6 / 60, {"mol": 1, "s": -1}),
        ("kg/m2", 1000.0, {"g": 1, "m": -2}),
        ("10*3/uL", 1e12, {"m": -3}),
        ("10.L/min", 10 * 1e-3 / 60, {"m": 3, "s": -1}),
        ("/min", 1 / 60, {"s": -1}),
        ("mg/(24.h)", 1e-3 / 86400, {"g": 1, "s": -1}),
        ("{beats}/min", 1 / 60, {"s": -1}),
        ("mol/mol", 1.0, {}),
        ("deg", 3.14159265358979323 / 180, {}),
        ("dar", 10.0, {"m": 2}),
        ("cd", 1.0, {"cd": 1}),
        ("m-1", 1.0, {"m": -1}),
    ],
)
def test_a_unit_is_what_ucum_says(unit: str, factor: Any, dimensions: dict[str, int]) -> None:
    size = size_of(unit)
    assert size.factor == pytest.approx(factor, rel=1e-12)
    assert dict(size.dimensions) == dimensions


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "(", "()", "mg/", "mg//dL", ".", "mg.", "{", "mg{", "}", "mgdL", "mmHg", "Cel", "mCel", "[pH]", "dB",
        "[lb", "k[lb_av]", "0", "10*0", "mg dL", "lb", "G[g", "m2.", "1e3", "10*999", "kk", "µg", "xyz", "mg)", "Torr",
    ],
)  # fmt: skip
def test_what_is_no_proportional_unit_is_refused(text: str) -> None:
    with pytest.raises(NoUnit):
        size_of(text)


def test_a_second_reader_gives_the_same_ratios() -> None:
    """ucumvert on pint, for each unit with each prefix; pint has some factors of other revisions, 3e-6 apart."""
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    for unit in (*UNITS, *UNPREFIXED):
        for prefix in PREFIXES if unit in UNITS else ("",):
            for whole in (f"{prefix}{unit}", f"mol/{prefix}{unit}", f"{prefix}{unit}2"):
                theirs = registry.from_ucum(whole).to_base_units()
                base = registry.from_ucum(whole.replace(f"{prefix}{unit}", unit)).to_base_units()
                ours = size_of(whole).factor / size_of(whole.replace(f"{prefix}{unit}", unit)).factor
                assert ours == pytest.approx(float((theirs / base).magnitude), rel=1e-9), whole
    for one, other in (("[lb_av]", "kg"), ("[in_i]", "cm"), ("mm[Hg]", "kPa"), ("U", "ukat"), ("[foz_us]", "mL")):
        theirs = (registry.from_ucum(one) / registry.from_ucum(other)).to_base_units()
        assert size_of(one).factor / size_of(other).factor == pytest.approx(float(theirs.magnitude), rel=1e-5), one


@given(st.text(st.sampled_from("mgkLlU/.(){}[]*10^2-+HgI'_%nduB "), max_size=40))
def test_no_text_makes_anything_but_a_size_or_a_refusal(text: str) -> None:
    try:
        size = size_of(text)
    except NoUnit:
        return
    assert size.factor >= 0
