"""Facts as tables of Markdown cells."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain

import pandas as pd

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.difference import Difference, Effect
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.settings import DEFAULT, Setting, Settings
from slowlens.jsonvalue import ABSENT, same
from slowlens.reports.units import size as sized
from slowlens_dashboard.prose import cell, code, prose

SPELLINGS = {
    "dtype": ("dtype", "torch_dtype"),
    "attn_implementation": ("attn_implementation", "_attn_implementation"),
}
"""Other names under which a setting is written."""

NAMES = re.compile(r"[\w.-]+")
"""File names in ``decided_by``, which may name several."""

EFFECTS = {
    Effect.SPEED: "red",
    Effect.LENGTH: "orange",
    Effect.MEMORY: "violet",
    Effect.OUTPUT: "blue",
    Effect.COSMETIC: "gray",
}


def settings_table(settings: Settings, source: Settings) -> pd.DataFrame:
    """Show effective settings, one row where runtimes agree; what differs from the source first.

    ``Changed`` and ``Default`` are for the reader of the table to filter by.
    """
    rows = [
        _setting_row(name, group, settings[name][group[0]], source.get(name, {}).get(group[0]))
        for name in settings
        for group in _agreeing(settings[name], source.get(name, {}))
    ]
    table = pd.DataFrame(rows).sort_values("Changed", ascending=False, kind="stable")
    return table if source else table.drop(columns=["Source", "Decided by "])


def _agreeing(
    here: Mapping[Runtime, Setting], there: Mapping[Runtime, Setting]
) -> list[list[Runtime]]:
    groups: dict[str, list[Runtime]] = {}
    for runtime, setting in here.items():
        groups.setdefault(repr((setting, there.get(runtime))), []).append(runtime)
    return list(groups.values())


def _setting_row(
    name: str, group: list[Runtime], here: Setting, there: Setting | None
) -> dict[str, object]:
    changed = there is not None and not same(here.value, there.value)
    value = f"**{cell(here.value)}**" if changed else cell(here.value)
    return {
        "Setting": f"**{code(name)}**" if changed else code(name),
        "Read by": _readers(group),
        "Merged": value + (f" :gray[{prose(here.note)}]" if here.note else ""),
        "Decided by": _decider(here),
        "Source": cell(there.value) if there else "",
        "Decided by ": _decider(there) if there else "",
        "Changed": changed,
        "Default": not changed and here.decided_by == DEFAULT,
    }


def _readers(group: Iterable[Runtime]) -> str:
    labels = [runtime.label for runtime in group]
    if set(GENERATE) <= set(group):
        labels = ["transformers 4 and 5 generate", *(r.label for r in group if r not in GENERATE)]
    return ", ".join(labels)


def _decider(setting: Setting) -> str:
    return "the default" if setting.decided_by == DEFAULT else prose(setting.decided_by)


def files_table(settings: Settings, checkpoint: Checkpoint) -> pd.DataFrame:
    """Show what each file itself says about the settings; empty where none says anything."""
    places = {
        CONFIG: (CONFIG, ()),
        **{f"{CONFIG}: {key}": (CONFIG, (key,)) for key in TEXT_CONFIG_KEYS},
        GENERATION_CONFIG: (GENERATION_CONFIG, ()),
    }
    names = chain.from_iterable(SPELLINGS.get(name, (name,)) for name in settings)
    rows = {
        code(name): {
            title: "" if (found := checkpoint.get(file, *pointer, name)) is ABSENT else cell(found)
            for title, (file, pointer) in places.items()
        }
        for name in [*names, "_from_model_config"]
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = table.loc[(table != "").any(axis=1), (table != "").any(axis=0)]
    return table.rename_axis("Key").reset_index()


def weights_table(dtype_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Bytes for each dtype."""
    total = sum(dtype_sizes.values()) or 1
    rows = [
        {"Dtype": code(name), "Size": sized(size), "Share": f"{100 * size / total:.0f} %"}
        for name, size in dtype_sizes.items()
    ]
    return pd.DataFrame(rows, columns=["Dtype", "Size", "Share"])


def difference_table(differences: Iterable[Difference], settings: Settings) -> pd.DataFrame:
    """Show differences side by side, each with the file that decides in the merged checkpoint."""
    rows = [
        {
            "Effect": f":{EFFECTS[d.effect]}-badge[{d.effect}]",
            "File": code(d.file),
            "Key": code(d.key),
            "Source": cell(d.source),
            "Merged": cell(d.merged),
            "What it means": prose(d.note),
            "Decided by": _decision(d.file, settings.get(d.key.rsplit(".", 1)[-1], {})),
        }
        for d in differences
    ]
    return pd.DataFrame(rows)


def _decision(file: str, setting: Mapping[Runtime, Setting]) -> str:
    """Say for whom this file decides, or else which one does."""
    own = [r for r in setting if file in NAMES.findall(setting[r].decided_by)]
    if own:
        return f"this file, for {_readers(own)}"
    return ", ".join(dict.fromkeys(_decider(setting[runtime]) for runtime in setting))
