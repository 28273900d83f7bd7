"""One rule with one condition turned round, and whether the rule's own tests notice.

    python tests/mutants.py gen_use_cache_false [...]

Prints one JSON object a rule: how many mutants there were and which survived. Run as a process of
its own, because it puts broken modules in the place of whole ones.
"""

import ast
import copy
import importlib
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parent / "unit" / "rules"
SPARED = ("cacheprovider", "unraisableexception", "threadexception")
"""Plugins of pytest that a mutant can do without: each is started once a mutant."""
SWAPPED = {ast.And: ast.Or, ast.Or: ast.And}


def mutants(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Yield each place and the module with that condition negated, or its and/or swapped."""
    for index, node in enumerate(ast.walk(tree)):
        for change in changes(node):
            mutant = copy.deepcopy(tree)
            place = next(n for i, n in enumerate(ast.walk(mutant)) if i == index)
            before = ast.unparse(place).partition("\n")[0]
            apply(place, change)
            yield f"line {getattr(node, 'lineno', 0)}: {change} in {before}", mutant


def changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If | ast.IfExp):
        yield "negated"
    elif isinstance(node, ast.comprehension):
        yield from (f"filter {number}" for number in range(len(node.ifs)))
    elif isinstance(node, ast.match_case) and node.guard is not None:
        yield "guard"
    elif isinstance(node, ast.BoolOp):
        yield "swapped"


def apply(node: ast.AST, change: str) -> None:
    if isinstance(node, ast.If | ast.IfExp):
        node.test = negated(node.test)
    elif isinstance(node, ast.comprehension):
        number = int(change.removeprefix("filter "))
        node.ifs[number] = negated(node.ifs[number])
    elif isinstance(node, ast.match_case) and node.guard is not None:
        node.guard = negated(node.guard)
    elif isinstance(node, ast.BoolOp):
        node.op = SWAPPED[type(node.op)]()


def negated(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def load(name: str, tree: ast.Module, file: str) -> None:
    """Put the module that ``tree`` makes in the place of the rule's own."""
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    setattr(importlib.import_module("slowlens.rules"), name.rpartition(".")[2], module)
    exec(compile(ast.fix_missing_locations(tree), file, "exec"), vars(module))  # noqa: S102


def noticed(rule: str) -> bool:
    """Whether the tests of ``rule`` fail, imported afresh."""
    for name in [name for name in sys.modules if name.endswith(f"test_{rule}")]:
        del sys.modules[name]
    arguments = ["-x", "-q", "--assert=plain", "--timeout=60", "-p", "pytest_timeout"]
    arguments += [word for plugin in SPARED for word in ("-p", f"no:{plugin}")]
    quiet = io.StringIO()
    with redirect_stdout(quiet), redirect_stderr(quiet):
        done = pytest.main([str(TESTS / f"test_{rule}.py"), *arguments])
    return done != pytest.ExitCode.OK


def examine(rule: str) -> dict[str, object]:
    """Return the number of mutants and the survivors."""
    name = f"slowlens.rules.{rule}"
    file = importlib.import_module(name).__file__ or ""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    load(name, tree, file)
    if noticed(rule):
        return {"rule": rule, "mutants": 0, "survived": ["the tests fail on the rule as it is"]}
    survived, count = [], 0
    for place, mutant in mutants(tree):
        count += 1
        try:
            load(name, mutant, file)
        except Exception:  # noqa: BLE001, S112 - a module that does not load is noticed
            continue
        if not noticed(rule):
            survived.append(place)
    load(name, tree, file)
    return {"rule": rule, "mutants": count, "survived": survived}


if __name__ == "__main__":
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for argument in sys.argv[1:]:
        print(json.dumps(examine(argument)), flush=True)
