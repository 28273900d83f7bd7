"""Shapes of public models, which come with the package, and a folder made of one.

A case can be reproduced without its weights: what is slow is decided by shapes and settings.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slowlens.errors import UsageError
from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG
from slowlens.facts.shapes import Shape, generation_settings, shortened
from slowlens.spelling import meant

_DATA = Path(__file__).parents[1] / "data" / "shapes"


def shape_names() -> tuple[str, ...]:
    """Return the names of all shapes, sorted."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.json")))


def read_shape(name: str) -> Shape:
    """Return the shape called ``name``, in any case; UsageError names the nearest if none is."""
    known = shape_names()
    short = name.lower().rpartition("/")[2]
    if short not in known:
        raise UsageError(
            f"there is no shape {shlex.quote(name)}. {meant(short, known)}".rstrip(),
            hint=f"There are: {', '.join(known)}.",
        )
    values: dict[str, Any] = json.loads((_DATA / f"{short}.json").read_bytes())
    return Shape(short, values["url"], values["parameters"], values["config"])


def shape_folder(name: str, layers: int, into: Path) -> Path:
    """Write config.json and generation_config.json of a shape into the folder ``into``.

    ``layers``: of the text model, 0 for all that it has. Raises UsageError for an unknown name
    and for more layers than there are.
    """
    shape = read_shape(name)
    if not 0 <= layers <= shape.layers:
        raise UsageError(
            f"{shape.name} has {shape.layers} layers, not {layers}",
            hint=f"Ask for 1 to {shape.layers} of them, or leave --layers out for all.",
        )
    config = shortened(shape.config, layers)
    into.mkdir(parents=True, exist_ok=True)
    _write(into / CONFIG, config)
    _write(into / GENERATION_CONFIG, generation_settings(config))
    return into


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n")
