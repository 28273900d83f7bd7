"""Facts as tables of Markdown cells."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain

import pandas as pd

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.difference import Difference, Effect
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Setting, Settings
from slowlens.jsonvalue import ABSENT
from slowlens.reports.units import size as sized
from slowlens_dashboard.tables.settings_tables import decider, readers
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import cell, code, prose

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


def sizes_table(files: Mapping[str, int]) -> pd.DataFrame:
    """Bytes of each file."""
    rows = [{"File": code(name), "Size": sized(size)} for name, size in files.items()]
    return pd.DataFrame(rows, columns=["File", "Size"])


def difference_table(differences: Iterable[Difference], settings: Settings) -> pd.DataFrame:
    """Show differences side by side, each with the file that decides in the merged checkpoint."""
    rows = [
        {
            "Effect": f":{EFFECTS[d.effect]}-badge[{_(d.effect.value)}]",
            "File": code(d.file),
            "Key": code(d.key),
            "Source": cell(d.source),
            "Merged": cell(d.merged),
            "What it means": _meaning(d, settings.get(d.key.rsplit(".", 1)[-1], {})),
        }
        for d in differences
    ]
    return pd.DataFrame(rows)


def _meaning(difference: Difference, setting: Mapping[Runtime, Setting]) -> str:
    decided = _decision(difference.file, setting)
    by = f":gray[{_(f'decided by {decided}')}]" if decided else ""
    return "  \n".join(part for part in (prose(_(difference.note)), by) if part)


def _decision(file: str, setting: Mapping[Runtime, Setting]) -> str:
    """Say for whom this file decides, or else which one does."""
    own = [r for r in setting if file in NAMES.findall(setting[r].decided_by)]
    if own:
        return f"this file, for {readers(own)}"
    return ", ".join(dict.fromkeys(decider(setting[runtime]) for runtime in setting))
