"""scripts/licences.py: what a distribution states decides, and GPL or AGPL alone does not pass."""

from email.message import Message

import pytest

from scripts.licences import components, refused, stated


def about(*fields: tuple[str, str]) -> Message:
    message = Message()
    for name, value in fields:
        message[name] = value
    return message


@pytest.mark.parametrize(
    "text",
    [
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "MIT AND GPL-2.0-only",
        "GNU General Public License v3 (GPLv3)",
        "GNU Affero General Public License v3",
        "GPLv2+",
    ],
)
def test_gpl_and_agpl_alone_are_refused(text: str) -> None:
    assert refused(stated(about(("License", text)))) == "is under GPL or AGPL only"


@pytest.mark.parametrize(
    "text", ["MIT", "LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "Apache-2.0", "MPL-2.0"]
)
def test_others_are_taken(text: str) -> None:
    assert refused((text,)) == ""


def test_one_of_several_is_enough() -> None:
    assert refused(stated(about(("License-Expression", "GPL-2.0-only OR MIT")))) == ""


def test_the_expression_goes_before_classifiers_and_these_before_the_text() -> None:
    old = (("Classifier", "License :: OSI Approved :: MIT License"), ("License", "see file"))
    assert stated(about(*old)) == ("MIT License",)
    assert stated(about(("License-Expression", "ISC"), *old)) == ("ISC",)


def test_no_licence_is_refused() -> None:
    assert refused(stated(about())) == "states no licence"


def test_what_is_no_sbom_is_no_empty_list() -> None:
    assert components('{"bomFormat": "CycloneDX", "components": [{"name": "a", "version": "1"}]}') == [("a", "1")]
    with pytest.raises(ValueError, match="CycloneDX"):
        components('{"bomFormat": "CycloneDX", "components": []}')
