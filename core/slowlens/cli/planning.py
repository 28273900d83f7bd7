"""A plan from its options: the same for every command that measures."""

import argparse
import os
import shlex
from pathlib import Path
from typing import Any

from slowlens.cli.words import DTYPES, at_least, dtype, given_path, not_empty
from slowlens.errors import UsageError
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache
from slowlens.frozen import replace
from slowlens.measure.contradiction import require_one_way
from slowlens.measure.plan import DEFAULT_PROMPT, GENERATED

DEFAULTS = Plan(merged="", prompt=DEFAULT_PROMPT)
NUMBERS = (
    ("new_tokens", 2, "steps of a timed trial"),
    ("rounds", 1, "how often each timed trial is run"),
    ("answer_tokens", 0, "when to give up on an answer, 0 to ask for none"),
    ("prompt_tokens", 0, "cut or repeat the prompt of timed trials to this length, 0 leaves it"),
    ("equality_tokens", 0, "over how many to compare the cache with none, 0 to leave it out"),
    ("threads", 0, "CPU threads, 0 for all cores but one"),
    ("tensor_parallel", 0, "processes, one a GPU, that share every layer, 0 for a single one"),
)
"""Fields of a plan that are numbers, the least that each may be, and what it is."""
OWN = ("rounds", "equality_tokens")
"""Those that a baseline does not decide: they change no time."""
WORDS = (
    ("device", "--device", "NAME", "cpu, cuda, cuda:1"),
    ("dtype", "--dtype", "DTYPE", ", ".join(DTYPES)),
    ("attention", "--attn-implementation", "NAME", "sdpa, eager, flash_attention_2"),
    ("device_map", "--device-map", "MAP", "auto, to spread a model over all GPUs"),
    ("image", "--image", "FILE", "a picture that goes with the prompt, or: generated"),
)
"""Fields that are words, with their option; an empty one is left to the checkpoint."""


CACHES = {
    "shipped": Cache.AS_SHIPPED,
    "on": Cache.ON,
    "off": Cache.OFF,
    "static": Cache.STATIC,
}
_TELLING = "shipped, on, off, and static where a GPU waits for its host"


def add_plan(parser: argparse.ArgumentParser, defaults: Plan = DEFAULTS, instead: str = "") -> None:
    """Declare the options that make up a plan; ``instead`` says what else may decide.

    None of them has a default of its own: ``planned`` takes it from a plan.
    """

    def usual(value: object) -> str:
        return f"{value}, or {instead}" if instead else str(value)

    prompt = parser.add_mutually_exclusive_group()
    text = f"default: {usual('a story with a question')}"
    prompt.add_argument("--prompt", type=not_empty, help=text)
    text = "a file with the prompt"
    prompt.add_argument("--prompt-file", type=given_path, metavar="FILE", help=text)
    for name, least, text in NUMBERS:
        option = f"--{name.replace('_', '-')}"
        value = getattr(defaults, name)
        shown = value if name in OWN else usual(value)
        parser.add_argument(option, type=at_least(least), metavar="N", help=f"{text} ({shown})")
    settings = ", ".join(name for name, cache in CACHES.items() if cache in defaults.settings)
    parser.add_argument(
        "--cache",
        action="append",
        choices=tuple(CACHES),
        metavar="SETTING",
        help=f"what to time merged with, may be repeated: {', '.join(CACHES)} "
        f"({usual(settings or _TELLING)})",
    )
    parser.add_argument(
        "--full",
        action=argparse.BooleanOptionalAction,
        help="wait for long runs without the cache, or not: they are sampled and predicted "
        f"({usual('no')})",
    )
    for name, option, metavar, text in WORDS:
        value = getattr(defaults, name) or ("none" if name == "image" else "as shipped")
        kind = dtype if name == "dtype" else str
        text = f"{text} ({usual(value)})"
        parser.add_argument(option, dest=name, type=kind, metavar=metavar, help=text)


def planned(arguments: argparse.Namespace, base: Plan = DEFAULTS) -> Plan:
    """Return ``base`` with the checkpoints and whatever options were given; UsageError."""
    source: Path | None = arguments.source
    fields = [*(name for name, *_ in (*NUMBERS, *WORDS)), "full"]
    given: dict[str, Any] = {name: getattr(arguments, name) for name in fields}
    given |= {"prompt": _prompt(arguments), "settings": _settings(arguments)}
    given["image"] = _image(arguments.image)
    plan = replace(
        base,
        merged=os.path.realpath(arguments.merged),  # which a loop of links does not stop
        source=None if source is None else os.path.realpath(source),
        **{name: value for name, value in given.items() if value is not None},
    )
    require_one_way(plan, "--tensor-parallel", "--device-map")
    if plan.tensor_parallel > 1 and getattr(arguments, "shape", None) is not None:
        hint = "Save a checkpoint of that shape, and measure it instead."
        raise UsageError("--shape makes a model up in one process alone.", hint=hint)
    return plan


def differing(arguments: argparse.Namespace, plan: Plan, base: Plan) -> tuple[str, ...]:
    """Return the options that were given and made ``plan`` of another task than ``base`` is."""
    untimed = (*OWN, "answer_tokens")
    options = {name: f"--{name.replace('_', '-')}" for name, *_ in NUMBERS if name not in untimed}
    options |= {name: option for name, option, *_ in WORDS}
    options["prompt"] = "--prompt" if arguments.prompt is not None else "--prompt-file"
    changed = (name for name in options if getattr(plan, name) != getattr(base, name))
    return tuple(options[name] for name in changed)


def _settings(arguments: argparse.Namespace) -> tuple[Cache, ...] | None:
    """Return the settings that were asked for, each once; None leaves them to the plan."""
    asked: list[str] | None = arguments.cache
    return tuple(CACHES[name] for name in dict.fromkeys(asked)) if asked else None


def _prompt(arguments: argparse.Namespace) -> str | None:
    file: Path | None = arguments.prompt_file
    if file is None:
        prompt: str | None = arguments.prompt
        return prompt
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {file}.", hint="Check the spelling.") from error
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}"
        raise UsageError(message, hint="Name a text file that you may read.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error
    if not text.strip():
        hint = "Leave it out for the default one."
        raise UsageError(f"The prompt in {file} is empty.", hint=hint)
    return text


def _image(name: str | None) -> str | None:
    """Return the whole path of a picture, so that a baseline knows it from any folder."""
    if name is None or name == GENERATED:
        return name
    if not Path(name).is_file():
        hint = f"Name a PNG or JPEG file, or say --image {GENERATED}."
        raise UsageError(f"there is no picture {shlex.quote(name)}", hint=hint)
    return str(Path(name).resolve())
