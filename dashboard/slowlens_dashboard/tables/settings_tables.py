"""Effective settings as two tables: runtimes are columns only where they differ."""

from collections.abc import Iterable, Mapping

import pandas as pd

from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting, Settings
from slowlens.jsonvalue import same
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import cell, code, prose

ByRuntime = Mapping[Runtime, Setting]
NONE: ByRuntime = {}
NO_BREAK = "\u00a0"
SHORT = 24
"""Characters of a value that stays on one line."""


def untouched(settings: Settings, source: Settings) -> set[str]:
    """Name the settings that no file touches and that are the source's."""
    return {
        name
        for name, here in settings.items()
        if not is_changed(here, source.get(name, NONE))
        and all(s.decided_by == DEFAULT and not s.note and not s.fails for s in here.values())
    }


def is_changed(here: ByRuntime, there: ByRuntime) -> bool:
    """Whether any runtime ends up with another value than with the source."""
    return any(_differs(here[runtime], there.get(runtime)) for runtime in here)


def alike_table(settings: Settings, source: Settings) -> pd.DataFrame:
    """Show the settings that mean the same in every runtime that reads them, changes first."""
    rows = [
        _alike_row(name, here, source.get(name, NONE))
        for name, here in _changes_first(settings, source)
        if _agree(here, source.get(name, NONE))
    ]
    table = pd.DataFrame(rows)
    return table if source or table.empty else table.drop(columns=["Source", "Decided by "])


def differing_table(settings: Settings, source: Settings) -> pd.DataFrame:
    """Show the settings that runtimes disagree about, a column for each runtime."""
    rows = {
        name: (here, source.get(name, NONE))
        for name, here in _changes_first(settings, source)
        if not _agree(here, source.get(name, NONE))
    }
    read = {runtime for here, _ in rows.values() for runtime in here}
    shown = [runtime for runtime in Runtime if runtime in read]
    return pd.DataFrame(
        {
            "Setting": _name(name, changed=is_changed(here, there)),
            **{r.label: _cell(here[r], there.get(r)) if r in here else "" for r in shown},
        }
        for name, (here, there) in rows.items()
    )


def readers(group: Iterable[Runtime]) -> str:
    """Name runtimes in short."""
    labels = [runtime.label for runtime in group]
    if set(GENERATE) <= set(group):
        labels = ["transformers 4 and 5 generate", *(r.label for r in group if r not in GENERATE)]
    return ", ".join(labels)


def decider(setting: Setting) -> str:
    """Name the file that decides."""
    return _("the default") if setting.decided_by == DEFAULT else prose(_(setting.decided_by))


def _changes_first(settings: Settings, source: Settings) -> list[tuple[str, ByRuntime]]:
    return sorted(
        ((name, here) for name, here in settings.items() if here),
        key=lambda item: not is_changed(item[1], source.get(item[0], NONE)),
    )


def _agree(here: ByRuntime, there: ByRuntime) -> bool:
    """Whether one value, one note and one value of the source stand for every runtime."""
    told = {repr((s.value, s.fails, s.note)) for s in here.values()}
    before = {repr(there[runtime].value) for runtime in here if runtime in there}
    return len(told) == 1 and len(before) < 2


def _differs(here: Setting, there: Setting | None) -> bool:
    return there is not None and (here.fails != there.fails or not same(here.value, there.value))


def _name(name: str, *, changed: bool) -> str:
    return f"**{code(name)}**" if changed else code(name)


def _value(setting: Setting, *, changed: bool = False) -> str:
    shown = ":red[fails]" if setting.fails else cell(setting.value)
    shown = shown if len(shown) > SHORT else shown.replace(" ", NO_BREAK)
    return f"**{shown}**" if changed else shown


def _alike_row(name: str, here: ByRuntime, there: ByRuntime) -> dict[str, str]:
    changed = is_changed(here, there)
    setting, *_ = here.values()
    return {
        "Setting": _name(name, changed=changed),
        "Merged": _value(setting, changed=changed) + _note(setting),
        "Decided by": _deciders(here),
        "Source": next((_value(there[r]) for r in here if r in there), ""),
        "Decided by ": _deciders({r: there[r] for r in here if r in there}),
        "Read by": readers(here),
    }


def _cell(here: Setting, there: Setting | None) -> str:
    changed = _differs(here, there)
    was = f"  \n:gray[source:] {_value(there)}" if there is not None and changed else ""
    return f"{_value(here, changed=changed)}  \n:gray[{decider(here)}]{_note(here)}{was}"


def _note(setting: Setting) -> str:
    return f"  \n:gray[{prose(setting.note)}]" if setting.note else ""


def _deciders(settings: ByRuntime) -> str:
    """Name the deciding file, and for whom where there are several."""
    groups: dict[str, list[Runtime]] = {}
    for runtime, setting in settings.items():
        groups.setdefault(decider(setting), []).append(runtime)
    if len(groups) < 2:
        return "".join(groups)
    return ", ".join(f"{file} for {readers(group)}" for file, group in groups.items())
