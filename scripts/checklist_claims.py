"""Which tests and e2e scripts claim which ids of the checklist, read from their text without running them.

A test claims with `@pytest.mark.checklist("GEN-1")`, a script of `make e2e` with `CHECKLIST = ("GEN-1",)`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "checklist"
CONSTANT = "CHECKLIST"
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
    """The claims of one file below tests/; a claim counts only on a test function that pytest collects and runs."""
    if MARK not in text:
        return [], []
    tree = ast.parse(text, filename=path)
    last = {node.name: node for node in tree.body if isinstance(node, _Function)}
    claims: list[Claim] = []
    read: set[ast.Call] = set()
    faults: list[str] = []
    for node in last.values():
        marks = [decorator for decorator in node.decorator_list if _is_mark(decorator, MARK)]
        for mark in marks:
            ids = _ids(mark)
            if not ids:
                continue
            read.add(mark)
            claims += [Claim(identity, "test", path, node.name) for identity in ids]
            if not (node.name.startswith("test_") and path.rpartition("/")[2].startswith("test_")):
                faults.append(f"{path}: {node.name} claims {', '.join(ids)} and is no test")
            if any(_is_mark(decorator, name) for decorator in node.decorator_list for name in _NOT_RUN):
                faults.append(f"{path}: {node.name} claims {', '.join(ids)} and is not always run")
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _is_mark(call, MARK) and call not in read:
            faults.append(f"{path}:{call.lineno}: a claim that is not read: ids in quotes, on a test of the module")
    return claims, faults


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
