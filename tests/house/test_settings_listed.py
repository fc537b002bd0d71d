"""What an operator may set is listed where operators look (decision 4)."""

import re

from cds_service.settings import Settings
from tests.house.repository import ROOT

NAMES = {f"CDS_{field.upper()}" for field in Settings.model_fields}


def test_env_example_lists_exactly_the_settings() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = re.findall(r"^#? ?(CDS_[A-Z_]+)=", text, flags=re.MULTILINE)
    assert sorted(listed) == sorted(NAMES)


def test_the_readme_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sorted(name for name in NAMES if name not in readme) == []
