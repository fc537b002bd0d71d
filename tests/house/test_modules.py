"""The shape of the code (house style, section 8): small modules, plain names, a promise for each public thing."""

import ast
import re

import pytest

from tests.house.repository import AROUND, PACKAGES, modules_of

LINES = 250
# A longer module stands here with the reason why a second room would not help.
LONGER = {
    "treatment_algorithm/features.py": "the algorithm's whole input contract is read in one place; types only",
}

# A knowledge base is a thing of its own (design.md section 1).
NAMELESS = re.compile(r"(?:^|_)(?:utils?|helpers?|common|(?<!knowledge_)base|managers?|misc)$")
# The one line each that reads the clock and the environment (design.md section 2).
READS_OUTSIDE = {"cds_service/clock.py", "cds_service/settings.py"}
WRITTEN_FOR_ALEMBIC = "/migrations/"

CODE = modules_of(*PACKAGES, *AROUND)
EVERYTHING = [*CODE, *modules_of("tests")]


def test_a_module_has_250_lines_or_fewer() -> None:
    longer = {module.path: lines for module in CODE if (lines := len(module.text.splitlines())) > LINES}
    assert {path: lines for path, lines in longer.items() if path not in LONGER} == {}


def test_the_list_of_longer_modules_is_not_stale() -> None:
    longer = {module.path for module in CODE if len(module.text.splitlines()) > LINES}
    assert set(LONGER) <= longer


def test_a_module_and_its_folders_are_named_after_a_thing() -> None:
    paths = [module.path for module in EVERYTHING]
    assert [path for path in paths if any(NAMELESS.search(part) for part in path.removesuffix(".py").split("/"))] == []


@pytest.mark.parametrize("name", ["utils", "date_utils", "helpers", "common", "base", "store_manager"])
def test_the_rule_for_names_sees_names_that_say_nothing(name: str) -> None:
    assert NAMELESS.search(name)


@pytest.mark.parametrize("name", ["database", "code_base_url", "utilisation", "management"])
def test_the_rule_for_names_lets_real_nouns_pass(name: str) -> None:
    assert not NAMELESS.search(name)


def test_every_public_thing_has_a_docstring() -> None:
    ours = [module for module in CODE if WRITTEN_FOR_ALEMBIC not in module.path]
    assert [f"{module.path}: {name}" for module in ours for name in undocumented(module.tree)] == []


def test_a_missing_docstring_is_seen() -> None:
    text = '"""A module."""\nclass Shown:\n    """A class."""\n    def of(self): ...\n    def _own(self): ...\n'
    assert undocumented(ast.parse(text)) == ["Shown.of"]
    assert undocumented(ast.parse("def shown(): ...")) == ["the module", "shown"]


def undocumented(tree: ast.Module) -> list[str]:
    found = [] if ast.get_docstring(tree) else ["the module"]
    return found + [name for name, node in public_things(tree) if not ast.get_docstring(node) and not is_overload(node)]


def public_things(
    tree: ast.Module | ast.ClassDef, prefix: str = ""
) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    things: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            things.append((prefix + node.name, node))
            if isinstance(node, ast.ClassDef):
                things += public_things(node, f"{prefix}{node.name}.")
    return things


def is_overload(node: ast.AST) -> bool:
    return any("overload" in ast.dump(decorator) for decorator in getattr(node, "decorator_list", []))


def test_fhir_resources_is_imported_as_r4b_only() -> None:
    # The package without R4B is R5: R4 MedicationStatement and AllergyIntolerance do not validate there (stack.md 1).
    assert [f"{module.path}: {name}" for module in EVERYTHING for name in r5_imports(module.tree)] == []


@pytest.mark.parametrize(
    "text",
    [
        "import fhir.resources",
        "from fhir import resources",
        "from fhir.resources import get_fhir_model_class",
        "from fhir.resources.patient import Patient",
        "import fhir.resources.STU3.patient",
    ],
)
def test_an_r5_import_is_seen(text: str) -> None:
    assert r5_imports(ast.parse(text))


@pytest.mark.parametrize("text", ["from fhir.resources.R4B.patient import Patient", "from fhir.resources import R4B"])
def test_an_r4b_import_passes(text: str) -> None:
    assert r5_imports(ast.parse(text)) == []


def r5_imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if re.match(r"fhir\.resources(?!\.R4B\b)", name)]


def test_clock_and_environment_are_read_in_one_place_each() -> None:
    lifted = {module.path for module in modules_of(*PACKAGES) if "TID251" in module.text}
    assert lifted <= READS_OUTSIDE
