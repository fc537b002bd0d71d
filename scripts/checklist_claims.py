"""Which tests and e2e scripts claim which ids of the checklist, read from their text without running them.

A test claims with `@pytest.mark.checklist("GEN-1")`, a script of `make e2e` with `CHECKLIST = ("GEN-1",)`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "checklist"
CONSTANT = "CHECKLIST"
EVERY_TEST = "every test"
_NOT_RUN = ("skip", "skipif", "xfail")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Claim:
    """`path` from the root with slashes, `name` of the test function or of the script; `kind` is test or e2e."""

    id: str
    kind: str
    path: str
    name: str


def claims_of(root: Path) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Every claim below `root`, sorted, and every claim that nobody would run, as a sentence."""
    claims: list[Claim] = []
    faults: list[str] = []
    for path in sorted((root / "tests").rglob("*.py")):
        found, wrong = claims_of_tests(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
        claims += found
        faults += wrong
    runner = (root / "scripts" / "e2e.sh").read_text(encoding="utf-8")
    for path in sorted((root / "scripts").glob("*.py")):
        module, ids = f"scripts.{path.stem}", list(_constant(ast.parse(path.read_text(encoding="utf-8"))))
        claims += [Claim(identity, "e2e", path.relative_to(root).as_posix(), module) for identity in ids]
        if ids and module not in runner:
            faults.append(f"{module} claims {', '.join(ids)} and scripts/e2e.sh does not run it")
    return tuple(sorted(claims, key=lambda claim: (claim.id, claim.kind, claim.path))), tuple(faults)


def claims_of_tests(text: str, path: str) -> tuple[list[Claim], list[str]]:
    """The claims of one file below tests/; a claim counts only on what pytest collects and runs.

    A test of the module, a method of a test class, or with `pytestmark` the whole module.
    """
    if MARK not in text:
        return [], []
    tree = ast.parse(text, filename=path)
    collected = path.rpartition("/")[2].startswith("test_")
    claims: list[Claim] = []
    read: set[ast.expr] = set()
    faults: list[str] = []
    for name, marks in [*_marked_tests(tree), (EVERY_TEST, _module_marks(tree))]:
        ids = [(identity, mark) for mark in marks if _is_mark(mark, MARK) for identity in _ids(mark)]
        claims += [Claim(identity, "test", path, name) for identity, _ in ids]
        read |= {mark for _, mark in ids}
        if ids and not (collected and (name == EVERY_TEST or name.rpartition(".")[2].startswith("test_"))):
            faults.append(f"{path}: {name} claims {ids[0][0]} and is no test")
        if ids and any(_is_mark(mark, other) for mark in marks for other in _NOT_RUN):
            faults.append(f"{path}: {name} claims {ids[0][0]} and is not always run")
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _is_mark(call, MARK) and call not in read:
            faults.append(f"{path}:{call.lineno}: a claim that is not read: ids in quotes, on a test or the module")
    return claims, faults


def names_of_checks(root: Path) -> frozenset[str]:
    """Every test that is always run, as pytest names it below tests/, and every script of `make e2e`, as its path."""
    tests = {
        f"{path.relative_to(root / 'tests').as_posix()}::{name.replace('.', '::')}"
        for path in (root / "tests").rglob("test_*.py")
        for name in _always_run(ast.parse(path.read_text(encoding="utf-8")))
    }
    runner = (root / "scripts" / "e2e.sh").read_text(encoding="utf-8")
    scripts = {
        f"scripts/{path.name}"
        for path in (root / "scripts").glob("*.py")
        if re.search(rf"scripts\.{path.stem}\b", runner)
    }
    return frozenset(tests | scripts)


def _always_run(tree: ast.Module) -> Iterator[str]:
    of_module = _module_marks(tree)
    for name, marks in _marked_tests(tree):
        skipped = any(_is_mark(mark, other) for mark in [*marks, *of_module] for other in _NOT_RUN)
        if name.rpartition(".")[2].startswith("test_") and not skipped:
            yield name


def _marked_tests(tree: ast.Module) -> Iterator[tuple[str, list[ast.expr]]]:
    """Functions of the module and methods of its test classes, each with its decorators and those of its class.

    Of several with one name the last one, as Python has it.
    """
    found = {node.name: node.decorator_list for node in tree.body if isinstance(node, _Function)}
    for group in tree.body:
        if isinstance(group, ast.ClassDef) and group.name.startswith("Test"):
            found |= {
                f"{group.name}.{node.name}": [*node.decorator_list, *group.decorator_list]
                for node in group.body
                if isinstance(node, _Function)
            }
    yield from found.items()


def _module_marks(tree: ast.Module) -> list[ast.expr]:
    """The marks of `pytestmark`, one or several."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["pytestmark"]:
            return list(node.value.elts) if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return []


def _is_mark(node: ast.expr, name: str) -> bool:
    """Whether `node` is `pytest.mark.<name>` or a call of it."""
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Attribute) and ast.unparse(target) == f"pytest.mark.{name}"


def _ids(mark: ast.expr) -> list[str]:
    """The ids of a mark, none when an argument is anything but a text in quotes."""
    if not isinstance(mark, ast.Call) or mark.keywords:
        return []
    ids = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    return [str(identity) for identity in ids] if len(ids) == len(mark.args) else []


def _constant(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and [ast.unparse(target) for target in node.targets] == [CONSTANT]
            and isinstance(node.value, ast.Tuple)
        ):
            yield from (str(item.value) for item in node.value.elts if isinstance(item, ast.Constant))
