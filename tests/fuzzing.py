"""Checkpoints full of nonsense, and what must hold whatever comes of them."""

import ast
import copy
import json
import logging
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import builders
import slowlens
from slowlens.batch import Batch
from slowlens.checking import check
from slowlens.codec import decode, encode
from slowlens.diagnose import Status
from slowlens.errors import SlowlensError
from slowlens.findings import Severity
from slowlens.gather.defaults import read_defaults
from slowlens.reports import render
from slowlens.run import Run

CODE = Path(slowlens.__file__).parent
TESTS = Path(__file__).parent / "unit"
ROOMS = ("rules", "facts", "gather")
SECONDS = float(os.environ.get("SLOWLENS_FUZZ_SECONDS") or 0)
"""How long each target runs with other seeds each time; 0 for the few that the suite has."""
SLOWEST = 20.0
"""Seconds that no single checkpoint may take, on a busy machine."""
COUNTS: Counter[str] = Counter()
Files = dict[str, Any]
"""File name to the JSON value in it."""

NUMBERS = (0, -1, 1, 2, 7, 2**31, -(2**63), 2**64, 10**400, 0.5, -0.0, 1e308, 1e-320)
SHAPES = ((), (0,), (8,), (16, 8), (8, 8), (8, 4), (4, 8, 8), (2**16, 8))
NO_NUMBERS = (float("nan"), float("inf"), float("-inf"))
TEXTS = ("", "auto", "0", "true", "../x", "/etc/passwd", "\x1b[31m", "\u202e", "x" * 300)
LISTS: tuple[Any, ...] = ([], [None], [0], [-1, 2**70], [[]], [{}], ["a"], [1, "2", None], [True])
OBJECTS: tuple[Any, ...] = (
    {},
    {"": None},
    {"a": {"b": [{}]}},
    {"default": []},
    {"0": {"content": 1}},
    {"rope_type": []},
    {"content": {}},
    {"full_attention": {"rope_type": 3, "rope_theta": "x"}},
)
ODD = (None, True, False, *NUMBERS, *NO_NUMBERS, *TEXTS, *LISTS, *OBJECTS)
"""Every type of JSON, with what is hard about each."""


def _nodes(paths: Iterable[Path]) -> Iterator[ast.AST]:
    for path in sorted(paths):
        yield from ast.walk(ast.parse(path.read_text()))


def _texts(paths: Iterable[Path]) -> tuple[str, ...]:
    values = (node.value for node in _nodes(paths) if isinstance(node, ast.Constant))
    return tuple(sorted({v for v in values if isinstance(v, str) and len(v) < 60}))


@cache
def words() -> tuple[str, ...]:
    """Every short text in the code: what rules look for is among them."""
    return _texts(path for room in ROOMS for path in (CODE / room).rglob("*.py"))


@cache
def _test_words() -> tuple[str, ...]:
    return tuple({*words(), *_texts(TESTS.rglob("*.py"))})


@cache
def snippets() -> tuple[dict[str, Any], ...]:
    """Every object in the tests of facts and rules: the shapes that make a rule speak."""
    found: list[dict[str, Any]] = []
    for node in _nodes(TESTS.rglob("*.py")):
        if isinstance(node, ast.Dict):
            with suppress(ValueError, TypeError):
                value = ast.literal_eval(node)
                json.dumps(value)
                found += [value] if all(isinstance(key, str) for key in value) else []
    return tuple(found)


@cache
def tensor_names() -> tuple[str, ...]:
    return tuple(sorted(w for w in _test_words() if re.fullmatch(r"\w+(\.\w+)*\.\w+", w)))


@cache
def file_names() -> tuple[str, ...]:
    kinds = r"[\w-][\w.-]*\.(bin|json|jinja|py|yml|safetensors|model|txt|pt|gguf|jsonl)"
    return tuple(sorted(word for word in _test_words() if re.fullmatch(kinds, word)))


@cache
def known_keys() -> tuple[str, ...]:
    """Every word in the code that could be the key of a JSON file."""
    return tuple(word for word in words() if re.fullmatch(r"_?[A-Za-z]\w{2,40}", word))


def value(seed: random.Random) -> Any:
    """Something odd, or something that a rule may be looking for."""
    match seed.randrange(4):
        case 0:
            return seed.choice((True, False, 0, 1, 2, 8, 512, 4096, 0.5, 1.0, 1e6))
        case 1:
            return seed.choice(words())
        case _:
            return copy.deepcopy(seed.choice(ODD))


@cache
def model_types() -> tuple[str, ...]:
    return tuple(read_defaults(5).types)


def base(model_type: str, seed: random.Random) -> Files:
    """The files of a sound checkpoint of that type, as far as its class defaults make one."""
    row = read_defaults(5).types[model_type]
    config = {**copy.deepcopy(dict(row.values)), "model_type": model_type}
    for part, kind in row.parts.items():
        if isinstance(kind, str) and kind in read_defaults(5).types:
            config[part] = {**copy.deepcopy(dict(read_defaults(5).types[kind].values))}
    config |= {"dtype": "bfloat16", "transformers_version": seed.choice(("4.51.3", "5.2.0"))}
    tokens = [{"id": n, "content": f"<{n}>", "special": True} for n in range(5)]
    return {
        "config.json": config,
        "generation_config.json": {"eos_token_id": [2, 0], "do_sample": True, "temperature": 0.7},
        "tokenizer_config.json": copy.deepcopy(dict(builders.TOKENIZER_CONFIG)),
        "special_tokens_map.json": {"eos_token": "<|im_end|>", "pad_token": {"content": "<0>"}},
        "added_tokens.json": {"<|im_end|>": 2},
        "tokenizer.json": {
            "truncation": {"max_length": 512, "direction": "Right"},
            "padding": {"strategy": "BatchLongest", "pad_id": 0},
            "added_tokens": tokens,
            "post_processor": {"type": "TemplateProcessing", "single": [], "special_tokens": {}},
            "model": {"type": "BPE", "vocab": {"a": 5}},
        },
        "preprocessor_config.json": {
            "image_processor_type": "Qwen2VLImageProcessor",
            "min_pixels": 3136,
            "max_pixels": 12845056,
            "size": {"shortest_edge": 3136, "longest_edge": 12845056},
            "patch_size": 14,
            "merge_size": 2,
        },
        "processor_config.json": {"processor_class": "X", "image_processor": {"size": {}}},
        "video_preprocessor_config.json": {"fps": 2, "max_frames": 768},
        "chat_template.json": {"chat_template": "{{ messages }}"},
        "adapter_config.json": {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]},
        "hf_quant_config.json": {"quantization": {"quant_algo": "FP8"}},
    }


def tensors(seed: random.Random | None = None) -> builders.Tensors:
    """A few tensors of plausible names and shapes."""
    if seed is not None and seed.random() < 0.7:
        names = seed.sample(tensor_names(), 12)
        dtypes = ("BF16", "BF16", "F32", "F16", "U8", "F8_E4M3")
        return {name: (seed.choice(dtypes), seed.choice(SHAPES)) for name in names}
    return {
        "model.embed_tokens.weight": ("BF16", (16, 8)),
        "lm_head.weight": ("BF16", (16, 8)),
        "model.layers.0.self_attn.q_proj.weight": ("BF16", (8, 8)),
        "model.layers.0.self_attn.q_proj.weight_scale": ("F32", (8,)),
        "model.layers.0.mlp.experts.0.up_proj.weight": ("F8_E4M3", (8, 8)),
        "visual.blocks.0.attn.qkv.weight": ("F16", (8, 8)),
        "model.norm.weight": ("F32", (8,)),
    }


def mutated(files: Files, seed: random.Random) -> Files:
    """Copy ``files`` with some values replaced, added or taken away, at any depth."""
    files = copy.deepcopy(files) or {"config.json": {}}
    for _ in range(seed.choice((1, 1, 2, 4, 8, 40))):
        _mutate(files, seed.choice(("config.json", *files)), seed)
    for name in tuple(files)[1:]:
        if seed.random() < 0.1:
            files.pop(name)
    return files


def _mutate(files: Files, name: str, seed: random.Random) -> None:
    node: Any = files
    key: Any = name if name in files else seed.choice(tuple(files))
    while isinstance(node[key], (dict, list)) and node[key] and seed.random() < 0.8:
        node = node[key]
        key = seed.choice(tuple(node)) if isinstance(node, dict) else seed.randrange(len(node))
    if seed.random() < 0.5 and isinstance(node, dict) and node is not files:
        key = seed.choice(known_keys())
    if seed.random() < 0.1 and node is not files and isinstance(node, dict):
        node.pop(key, None)
    elif seed.random() < 0.4 and isinstance(node, dict) and node is not files:
        node.update(copy.deepcopy(seed.choice(snippets())))
    elif seed.random() < 0.4:
        node[key] = copy.deepcopy(seed.choice(snippets()))
    else:
        node[key] = value(seed)


def write(folder: Path, files: Files, seed: random.Random | None = None) -> Path:
    """Write ``files`` and weights; with ``seed``, other files and other tensors as well."""
    folder.mkdir(parents=True, exist_ok=True)
    if seed is None or seed.random() < 0.7:
        builders.write_safetensors(folder / "model.safetensors", tensors(seed))
    elif seed.random() < 0.7:
        builders.write_sharded(folder, *(tensors(seed) for _ in range(seed.randint(1, 3))))
    for name in seed.sample(file_names(), seed.choice((0, 1, 3, 9))) if seed else ():
        (folder / name).write_text(seed.choice(("", "{}", "null", '{"weight_map": {}}', "x")))
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value))
    if "adapter_config.json" in files:
        adapter = {"base_model.model.model.layers.0.q_proj.lora_A.weight": ("F32", (8, 8))}
        builders.write_safetensors(folder / "adapter_model.safetensors", adapter)
    return folder


class Quiet(logging.Handler):
    """Keeps the traceback of a rule that crashed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


def judged(
    merged: Path,
    source: Path | None = None,
    formats: Iterable[str] = ("text", "json"),
    *,
    scan: bool = False,
) -> Run | SlowlensError:
    """Check it and write reports: a run or one clear error, soon, and no rule crashes."""
    COUNTS["checkpoints"] += 1
    heard, log, began = Quiet(), logging.getLogger("slowlens"), time.monotonic()
    log.addHandler(heard)
    propagates, log.propagate = log.propagate, False
    try:
        progress = (lambda *_: None) if scan else None
        found: Run | SlowlensError = check(merged, source, progress=progress)
    except SlowlensError as error:
        found = error
    finally:
        log.removeHandler(heard)
        log.propagate = propagates
    if isinstance(found, SlowlensError):
        assert found.hint
        assert str(found).isprintable()
    else:
        crashed = [outcome for outcome in found.outcomes if outcome.status is Status.CRASHED]
        assert not crashed, "\n".join(heard.said)
        _tell(found, formats)
    assert time.monotonic() - began < SLOWEST
    return found


def _tell(run: Run, formats: Iterable[str]) -> None:
    batch = Batch((run,), Severity.ERROR, run.merged.path, ())
    for name in formats:
        text = render(name, batch)
        text.encode()
        assert "\x1b" not in text
    if "json" in formats:
        decode(encode(run))
    for problem in run.problems:
        assert problem.hint
        assert problem.message.isprintable()
        assert len(problem.message) < 400


def seeds(few: int, target: str) -> Iterator[random.Random]:
    """Yield ``few`` seeds that are always the same, or new ones for ``SECONDS``."""
    end = time.monotonic() + SECONDS
    number = 0
    while number < few if not SECONDS else time.monotonic() < end:
        seed = number if not SECONDS else random.randrange(2**63)
        COUNTS[target] += 1
        yield random.Random(seed)
        number += 1


class Reached:
    """Which lines of rules, facts and readers have ever run: what a good mutant adds to."""

    def __init__(self) -> None:
        self.lines: set[tuple[str, int]] = set()
        self._ours = tuple(str(CODE / room) for room in ROOMS)

    def adds(self, merged: Path, source: Path | None) -> bool:
        """Judge the pair; whether it came where no other did."""
        before, tracer = len(self.lines), sys.gettrace()
        sys.settrace(self._called)
        try:
            judged(merged, source)
        finally:
            sys.settrace(tracer)
        return len(self.lines) > before

    def _called(self, frame: FrameType, *_: object) -> Any:
        return self._line if frame.f_code.co_filename.startswith(self._ours) else None

    def _line(self, frame: FrameType, *_: object) -> Any:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line


def report(show: Callable[[str], object]) -> None:
    """Tell how much a long run has tried."""
    if SECONDS:
        show("\n" + ", ".join(f"{name}: {count}" for name, count in sorted(COUNTS.items())))


def every_known_key(value: Any) -> Mapping[str, Any]:
    """An object in which every known key has this value, and so have those inside."""
    inner = dict.fromkeys(known_keys(), value)
    nests = ("text_config", "vision_config", "rope_parameters", "rope_scaling", "size")
    return {**inner, **{key: dict(inner) for key in nests}}
