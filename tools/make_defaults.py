# ruff: noqa: ANN401, the classes of transformers are read as they come
"""Write the class defaults of the installed transformers to core/slowlens/data/.

Slowlens must know what a key means when it is missing, without importing transformers. This
writes one file for the installed major version, one model type a line, so that a new version's
changes can be read in a diff.
"""

import argparse
import contextlib
import inspect
import io
import json
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "core" / "slowlens" / "data"
TEXT_PARTS = ("text_config", "llm_config", "language_config")
SIZES = ("vocab_size", "num_hidden_layers", "num_attention_heads", "hidden_size")
"""What other defaults may follow from."""
PROBE = 4321
CONDITIONAL = ("sliding_window",)
"""Keys that the class drops unless another key switches them on: as written in the class."""
FORMULAS: dict[str, Callable[[Any], int]] = {
    "num_key_value_heads": lambda config: config.num_attention_heads,
    "head_dim": lambda config: config.hidden_size // config.num_attention_heads,
}
"""What Slowlens derives by itself."""
LEFT_OUT = frozenset(
    {"transformers_version", "_name_or_path", "model_type", "architectures", "per_layer_config"}
)


def main() -> None:
    """Write ``defaults-MAJOR.json`` for the installed transformers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, help="file to write (default: in the package)")
    arguments = parser.parse_args()
    version, text = render()
    target = arguments.output or DATA / f"defaults-{version.partition('.')[0]}.json"
    target.write_text(text, encoding="utf-8")
    print(f"{target}: transformers {version}, {len(text) / 1000:.0f} kB")


def render() -> tuple[str, str]:
    """Return the installed version and the text of its file."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # what a hub says must not decide what is written
    before = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            import transformers

            return transformers.__version__, Table(transformers).text()
    finally:
        logging.disable(before)


class Table:
    """Everything that is written: shared defaults, generation defaults, the model types."""

    def __init__(self, transformers: Any) -> None:
        self.transformers = transformers
        self.mapping = transformers.CONFIG_MAPPING
        self.shared = plain(base_class(transformers)().to_dict())
        self.types: dict[str, dict[str, Any]] = {}
        for model_type in sorted(self.mapping.keys()):
            try:
                self.add(model_type, self.mapping[model_type])
            except Exception:  # noqa: BLE001, a class that needs what is not installed is left out
                self.types.pop(model_type, None)

    def add(self, name: str, config_class: Any) -> None:
        """Record one config class, and those of its parts that are in no mapping."""
        row: dict[str, Any] = {"values": {}}
        self.types[name] = row
        instance = make(config_class)
        if instance is None:
            return
        parts = dict(found_parts(instance))
        derived = derived_keys(config_class, instance) - set(parts)
        found = defaults(config_class, instance, derived)
        row["values"] = self.differing(found, parts)
        row["layers"] = layers(config_class) if "layer_types" in row["values"] else None
        row["derived"] = sorted(derived - ({"layer_types"} if row["layers"] else set()))
        row["aliases"] = dict(sorted(config_class.attribute_map.items()))
        row["parts"] = {part: self.part_type(name, part, parts[part]) for part in sorted(parts)}
        row["given"] = {part: given for part in sorted(parts) if (given := changed(parts[part]))}
        row["flat"] = next((part for part in TEXT_PARTS if takes_flat(config_class, part)), None)

    def part_type(self, parent: str, part: str, instance: Any) -> str:
        """Return the name under which a part's class is recorded, recording it if need be."""
        part_class = type(instance)
        name: str = part_class.model_type
        if name in self.mapping and self.mapping[name] is part_class:
            return name
        if not name or name in self.mapping:
            name = f"{parent}.{part}"
        if name not in self.types:
            self.add(name, part_class)
        return name

    def differing(self, found: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
        """Leave out what every class has, and what is told elsewhere."""
        return {
            key: value
            for key, value in sorted(found.items())
            if key not in parts and (key not in self.shared or unlike(self.shared[key], value))
        }

    def text(self) -> str:
        """Return the file: valid JSON, one model type a line."""
        head = {
            "transformers": self.transformers.__version__,
            "shared": dict(sorted(self.shared.items())),
            "generation": generation_defaults(self.transformers),
        }
        lines = [f'"{key}": {compact(value)},' for key, value in head.items()]
        rows = [
            f"{json.dumps(name)}: {compact({key: value for key, value in row.items() if value})}"
            for name, row in sorted(self.types.items())
        ]
        return "\n".join(("{", *lines, '"types": {', ",\n".join(rows), "}", "}", ""))


def base_class(transformers: Any) -> Any:
    """Return the class that all config classes inherit from; transformers 5 renamed it."""
    return getattr(transformers, "PreTrainedConfig", None) or transformers.PretrainedConfig


def generation_defaults(transformers: Any) -> dict[str, Any]:
    """Return what ``generate()`` uses where generation_config.json says nothing."""
    config = transformers.GenerationConfig
    fallback = getattr(config, "_get_default_generation_params", dict)()
    set_ones = {key: value for key, value in fallback.items() if value is not None}
    return dict(sorted((plain(config().to_dict()) | set_ones).items()))


def defaults(config_class: Any, instance: Any, derived: set[str]) -> dict[str, Any]:
    """Return what a missing key means: null, or a word like "auto", where it is derived."""
    literals = dict(literal_defaults(config_class))
    found: dict[str, Any] = plain(instance.to_dict())
    for key in found:
        if key in derived:
            found[key] = plain(literals.get(key))
        elif key in CONDITIONAL and literals.get(key) is not None:
            found[key] = plain(literals[key])
        elif key in FORMULAS and literals.get(key) is None and by_formula(key, [instance]):
            found[key] = None
    return found


def derived_keys(config_class: Any, instance: Any) -> set[str]:
    """Return the keys whose default changes with a size, other than by a known formula."""
    literals = dict(literal_defaults(config_class))
    others = list(resized(config_class))
    return {
        key
        for key, value in plain(instance.to_dict()).items()
        if not isinstance(value, dict)
        and unlike(literals.get(key), value)
        and (literals.get(key) == "auto" or changes(config_class, key, value, others))
        and not by_formula(key, [instance, *(other for _, other in others)])
    }


def by_formula(key: str, instances: list[Any]) -> bool:
    """Whether Slowlens knows how the default of ``key`` is derived."""
    try:
        return key in FORMULAS and all(FORMULAS[key](i) == getattr(i, key) for i in instances)
    except Exception:  # noqa: BLE001, as above
        return False


def read(instance: Any, key: str, otherwise: Any) -> Any:
    """Return an attribute; a class whose layers differ may refuse to tell."""
    try:
        return getattr(instance, key, otherwise)
    except Exception:  # noqa: BLE001, as above
        return otherwise


def changes(config_class: Any, key: str, value: Any, others: list[tuple[str, Any]]) -> bool:
    """Whether ``key`` changed in one of ``others`` where it is not the size that was changed."""
    return any(
        unlike(read(other, key, value), value)
        for probe, other in others
        if key not in {probe, config_class.attribute_map.get(probe)}
    )


def changed(instance: Any) -> dict[str, Any]:
    """Return what a nested config is given when the file does not mention it at all."""
    usual = make(type(instance))
    before = plain(usual.to_dict()) if usual else {}
    return {
        key: value
        for key, value in sorted(plain(instance.to_dict()).items())
        if key not in before or unlike(before[key], value)
    }


def literal_defaults(config_class: Any) -> Iterator[tuple[str, Any]]:
    """Yield the defaults as written in the class and its bases, the class's own last."""
    for ancestor in reversed(config_class.__mro__[:-1]):
        if "__init__" not in vars(ancestor):
            continue
        for key, parameter in inspect.signature(ancestor).parameters.items():
            if isinstance(parameter.default, bool | int | float | str | list | tuple | dict | None):
                yield key, parameter.default


def resized(config_class: Any) -> Iterator[tuple[str, Any]]:
    """Yield instances with one size doubled or halved; a class may refuse some."""
    instance = make(config_class)
    sizes = {probe: read(instance, probe, None) for probe in SIZES}
    sizes |= dict(literal_defaults(config_class))
    for probe, size in sizes.items():
        if type(size) is int and size > 1 and not probe.endswith("_token_id"):
            for other in (size * 2, size // 2):
                if (made := make(config_class, **{probe: other})) is not None:
                    yield probe, made


def layers(config_class: Any) -> list[str] | None:
    """Return the shortest list whose repetition gives ``layer_types`` for any depth."""
    instances = [make(config_class)]
    instances += [made for probe, made in resized(config_class) if probe == "num_hidden_layers"]
    known = [list(kinds) for made in instances if (kinds := read(made, "layer_types", None))]
    longest = max(known, key=len, default=[])
    patterns = (longest[:length] for length in range(1, len(longest)))
    return next((p for p in patterns if all(repeats(p, kinds) for kinds in known)), None)


def repeats(pattern: list[str], kinds: list[str]) -> bool:
    """Whether repeating ``pattern`` gives ``kinds``."""
    return all(a == b for a, b in zip(cycle(pattern), kinds, strict=False))


def takes_flat(config_class: Any, part: str) -> bool:
    """Whether keys of the text part may stand at the top level instead."""
    made = make(config_class, num_hidden_layers=2, vocab_size=PROBE)
    return getattr(getattr(made, part, None), "vocab_size", None) == PROBE


def make(config_class: Any, **keys: Any) -> Any:
    """Return an instance, or None where the class refuses."""
    try:
        return config_class(**keys)
    except Exception:  # noqa: BLE001, a class may refuse in any way it likes
        return None


def found_parts(instance: Any) -> Iterator[tuple[str, Any]]:
    """Yield the nested configs of an instance."""
    for key, value in vars(instance).items():
        if hasattr(value, "model_type") and hasattr(value, "to_dict"):
            yield key, value


def unlike(left: Any, right: Any) -> bool:
    """Whether two values are written differently."""
    return compact(plain(left)) != compact(plain(right))


def plain(value: Any) -> Any:
    """Return a value as transformers 5 would write it into a JSON file."""
    match value:
        case dict():
            return {str(key): plain(item) for key, item in value.items() if key not in LEFT_OUT}
        case list() | tuple():
            return [plain(item) for item in value]
        case set():
            return sorted(plain(item) for item in value)
        case float() if not math.isfinite(value):
            return {"__float__": {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value).removeprefix("torch.")


def compact(value: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


if __name__ == "__main__":
    main()
