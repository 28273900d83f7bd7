"""Where others may only look, every button of every page is pressed; every callback is known."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from pages import Open, explained, slow_and_fast, store
from sessions import Session
from slowlens import patch
from slowlens.baselines import default_baselines
from slowlens.checking import check
from slowlens.labels import labels_of
from slowlens.places import cache_folder, state_folder
from slowlens.repair import fixes
from slowlens.store import default_store
from slowlens_dashboard.measuring import jobs as jobs_module

DASHBOARD = Path(jobs_module.__file__).parents[1]
PAGES = sorted(path.stem for path in (DASHBOARD / "views").glob("*.py") if path.stem != "__init__")
LOOKING = {
    *(
        "publish",
        "publish_tab",
        "turned",
        "clear",
        "open_page",
        "edit",
        "tick",
        "untick",
        "confirm",
    ),
    *("judge_by", "follow", "submit", "choose", "logout", "_leave", "_open", "_choose", "_take"),
    *("fixes.forget", "fix_card._name", "_take_runs", "_take_kind", "_take_anyway"),
}
"""Callbacks that change what one tab shows, and nothing else."""
DIALOGS = ("edit-", "apply-fix")
"""How the keys begin of buttons that ask something first."""
INSIDE = ("save-label", "unmark-base", "mark", "write-fix")
MUST = {
    "compare": {"first-20250101-000000-000001"},
    "fixes": {"apply-all", "write-fix"},
    "history": {"save-label", "unmark-base", "mark"},
    "live": {"Start"},
}
"""Buttons that change something and must have been found."""
WORDS = {"ignore", "rerun"}
KEYWORDS = {"on_click", "on_change", "on_submit", "on_select"}


Function = tuple[str, str]
"""A module of the dashboard, and a name in it."""
Query = dict[str, str | list[str]]
"""Of an address."""


class Module:
    """What is defined in a file, and what its names mean."""

    def __init__(self, path: Path) -> None:
        parts = path.relative_to(DASHBOARD.parent).with_suffix("").parts
        self.name, self.tree = ".".join(parts), ast.parse(path.read_text())
        self.defined = {n.name: n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef)}
        self.imported = {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    def meant(self, node: ast.expr) -> Function:
        """Return the function that is meant: ``start``, or ``tidying.delete``."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = self.imported.get(node.value.id, ("", node.value.id))
            return f"{module}.{name}".strip("."), node.attr
        name = getattr(node, "id", "")
        return (self.name, name) if name in self.defined else self.imported.get(name, ("", name))

    def callbacks(self) -> Iterator[Function]:
        """Yield every function that a widget calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.keyword) and node.arg in KEYWORDS:
                either = node.value
                parts = [either.body, either.orelse] if isinstance(either, ast.IfExp) else [either]
                for part in parts:
                    if isinstance(part, ast.Constant):
                        assert part.value in WORDS
                    elif not isinstance(part, ast.Lambda) or not is_nothing(part):
                        assert self.meant(part)[1], f"give it a name: {ast.unparse(node)}"
                        yield self.meant(part)


def names_of(function: Function) -> set[str]:
    """Return its name, alone and with its module."""
    module, name = function
    return {name, f"{module.rpartition('.')[2]}.{name}"}


def is_nothing(function: ast.Lambda) -> bool:
    return isinstance(function.body, ast.Constant)


def modules() -> list[Module]:
    return [Module(path) for path in DASHBOARD.rglob("*.py")]


def asking(known: list[Module]) -> set[Function]:
    """Functions that ask for permission, themselves or by what they call."""
    asks = {("slowlens_dashboard.access.permission", "require_permission")}
    while True:
        more = {
            (module.name, name)
            for module in known
            for name, one in module.defined.items()
            if any(module.meant(n.func) in asks for n in ast.walk(one) if isinstance(n, ast.Call))
        }
        if more <= asks:
            return asks
        asks |= more


def test_every_callback_asks_for_permission_or_is_known_to_change_nothing() -> None:
    known = modules()
    asks = asking(known)
    found = {function for module in known for function in module.callbacks()}
    unknown = {function for function in found - asks if not LOOKING & names_of(function)}
    assert not unknown, "they change something, or belong into LOOKING"
    assert {name for function in found for name in names_of(function)} >= LOOKING, "they are gone"
    changing = {name for _, name in found & asks}
    assert changing >= {"start", "stop", "apply", "undo", "delete", "restore", "unmark"}


@pytest.fixture
def full(pair: tuple[Path, Path]) -> dict[str, str]:
    """A pair with a fix applied, and the ids of its runs: named, a baseline, deleted."""
    merged, source = pair
    old = store(pair, slow_and_fast(), id="20250101-000000-000001")
    deleted = store(pair, slow_and_fast(), id="20250101-000000-000002")
    repair = fixes(check(merged, source), unsafe=False)
    first = patch.prepare(merged, repair.edits[:1])
    patch.apply(first, ["one"])
    run = store(pair, explained())
    labels_of(default_store()).put(run.id, "a name", "a note")
    default_baselines().save("base", run)
    default_store().delete(deleted.id)
    return {"old": old.id, "run": run.id, "deleted": deleted.id}


def snapshot(*folders: Path) -> dict[str, bytes | None]:
    found = (path for folder in folders for path in folder.rglob("*"))
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in found
        if not path.is_relative_to(cache_folder())
        and path.suffix != ".lock"
        and path.name != "lock"
    }


def addresses(page: str, full: dict[str, str], pair: tuple[Path, Path]) -> list[Query]:
    both: Query = {"merged": str(pair[0]), "source": str(pair[1])}
    runs: dict[str, str | list[str]] = {
        "live": full["run"],
        "report": full["run"],
        "compare": [full["run"], full["old"]],
    }
    return [both, {**both, "run": runs[page]}] if page in runs else [both]


def keys(at: AppTest) -> list[str]:
    named = (button.key if "Submitter" not in (button.key or "") else "" for button in at.button)
    return [key or button.label for key, button in zip(named, at.button, strict=True)]


def each(at_page: Callable[[], AppTest]) -> Iterator[tuple[AppTest, str]]:
    """Yield the page anew for every button on it, and those in the dialogs that it opens."""
    for key in keys(at_page()):
        yield at_page(), key
        if key.startswith(DIALOGS):
            drawn = keys(press(at_page(), key))
            for inner in (one for one in drawn if one in INSIDE):
                yield press(at_page(), key), inner


def press(at: AppTest, key: str) -> AppTest:
    return at.button[keys(at).index(key)].click().run()


@pytest.mark.parametrize("page", PAGES)
def test_no_button_changes_anything(
    page: str,
    open_page: Open,
    session: Session,
    pair: tuple[Path, Path],
    full: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are pressed where they were drawn before the server became one to look at."""
    before, tried = snapshot(tmp_path, state_folder()), list[str]()
    processes = {child.pid for child in psutil.Process().children(recursive=True)}
    for query in addresses(page, full, pair):

        def at_page(query: Query = query) -> AppTest:
            monkeypatch.setenv("SLOWLENS_READ_ONLY", "")
            at = open_page(page, **query)
            assert not at.exception
            return at

        for at, key in each(at_page):
            monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")
            press(at, key)
            assert snapshot(tmp_path, state_folder()) == before, key
            assert jobs_module.jobs().active is None, key
            tried.append(key)
    assert {*tried} >= MUST.get(page, set())
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert after <= processes
