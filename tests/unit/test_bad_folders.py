"""Whole folders of nonsense through ``check``: one clear error or a run, soon; no rule crashes.

``SLOWLENS_FUZZ_SECONDS=60`` runs each random target for a minute, with other seeds each time.
"""

import copy
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

import pytest

import builders
from fuzzing import (
    COUNTS,
    ODD,
    SECONDS,
    Reached,
    base,
    every_known_key,
    judged,
    known_keys,
    model_types,
    mutated,
    report,
    seeds,
    write,
)
from slowlens.errors import CheckpointError
from slowlens.gather import rawfile
from slowlens.reports import NAMES
from slowlens.run import Run

READ = (*base("llama", random.Random(0)), "chat_template.jinja", "model.safetensors", "vocab.json")
"""The files that are opened wherever they are."""
SCANS = find_spec("numpy") is not None
pytestmark = pytest.mark.timeout(7200)


@pytest.fixture(scope="module", autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        report(print)


def sound(folder: Path) -> Path:
    write(folder, base("llama", random.Random(0)))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "vocab.json").write_text("{}")
    return folder


def test_odd_values_anywhere(tmp_path: Path) -> None:
    for number, seed in enumerate(seeds(60, "odd values")):
        kind = seed.choice(("llama", "qwen2_5_vl", "gemma3", "deepseek_v3", *model_types()))
        files = base(kind, seed)
        pair = mutated(files, seed), mutated(files, seed)
        merged, source = (write(tmp_path / f"{number}{n}", f, seed) for n, f in enumerate(pair))
        theirs = source if seed.random() < 0.6 else None
        judged(merged, theirs, [seed.choice(NAMES)], scan=SCANS and seed.random() < 0.2)
        shutil.rmtree(merged)
        shutil.rmtree(source)


@pytest.mark.parametrize("number", range(0, len(ODD), 1 if SECONDS else 3))
def test_every_known_key_has_the_same_odd_value(tmp_path: Path, number: int) -> None:
    value, seed = ODD[number], random.Random(number)
    files = {name: every_known_key(value) for name in base("llama", seed)}
    odd = write(tmp_path / "odd", files)
    plain = write(tmp_path / "plain", base(model_types()[number], seed))
    pairs = ((odd, plain), (plain, odd), (odd, odd), (odd, None))
    for merged, source in pairs if SECONDS else (pairs[number % 4],):
        assert isinstance(judged(merged, source, NAMES), Run)


def test_known_keys_one_by_one(tmp_path: Path) -> None:
    """A type check at the first key hides the second one from a folder that is all odd."""
    files = base("qwen2_5_vl", random.Random(0))
    source = write(tmp_path / "source", files)
    for number, seed in enumerate(seeds(80, "keys one by one")):
        changed = copy.deepcopy(files)
        key, odd = seed.choice(known_keys()), seed.choice(ODD)
        for values in changed.values():
            places = [values, *(v for v in values.values() if isinstance(v, dict))]
            for place in seed.sample(places, seed.randint(1, len(places))):
                place[key] = odd
        merged = write(tmp_path / f"m{number}", changed)
        judged(*seed.choice(((merged,), (merged, source), (source, merged))))
        shutil.rmtree(merged)


def test_mutants_that_came_further(tmp_path: Path) -> None:
    """Guided by coverage: whatever reached a line that none did before is mutated on."""
    first = random.Random(0)
    kinds = ("llama", "qwen2_5_vl", "gemma3", "deepseek_v3", "mamba", "jamba", "qwen3_next")
    corpus = [(base(kind, first), base(kind, first)) for kind in kinds]
    reached = Reached()
    for seed in seeds(25, "guided by coverage"):
        ours, theirs = seed.choice(corpus)
        pair = mutated(ours, seed), mutated(theirs, seed) if seed.random() < 0.5 else theirs
        folders = [tmp_path / "m", tmp_path / "s"]
        for folder, files in zip(folders, pair, strict=True):
            shutil.rmtree(folder, ignore_errors=True)
            write(folder, files, seed)
        if reached.adds(*seed.choice((folders, (folders[0], None)))):
            corpus.append(pair)
    COUNTS["lines reached"] = max(COUNTS["lines reached"], len(reached.lines))


TEMPLATES = (
    "{% for i in range(10**9) %}{% for j in range(10**9) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ ().__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch {marker}') }}",
    "{% include '/etc/passwd' %}",
    "{{ messages[0]['content'].__class__ }}{{ self._TemplateReference__context }}",
    "{" * 5000,
    "{% if " + "(" * 3000,
    "{{ raise_exception('\x1b[31m') }}",
    "\x00\x1b]0;x\x07{{ bos_token }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
)


def test_templates_do_no_harm(tmp_path: Path) -> None:
    plain = sound(tmp_path / "plain")
    marker = tmp_path / "marker"
    for number, text in enumerate(TEMPLATES):
        merged = sound(tmp_path / f"m{number}")
        (merged / "chat_template.jinja").write_text(text.replace("{marker}", str(marker)))
        assert isinstance(judged(merged, plain), Run)
        assert not marker.exists()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def itself(path: Path) -> None:
    path.symlink_to(path.name)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket may have no more than 100 bytes
        try:
            end.bind(path.name)
        finally:
            os.chdir(here)


def circle(path: Path) -> None:
    path.symlink_to(f"circle-{path.name}")
    (path.parent / f"circle-{path.name}").symlink_to(path.name)


def nowhere(path: Path) -> None:
    path.symlink_to("/nonexistent/blob")


ODD_FILES = (fifo, endless, itself, listening, circle, nowhere, Path.mkdir, Path.touch)


@pytest.mark.parametrize("kind", ODD_FILES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("which", ["each", "all"])
def test_what_is_no_file(tmp_path: Path, kind: Callable[[Path], object], which: str) -> None:
    groups = [[name] for name in READ] if which == "each" else [READ]
    plain = sound(tmp_path / "plain")
    for number, names in enumerate(groups):
        merged = sound(tmp_path / str(number))
        for name in names:
            (merged / name).unlink()
            if not os.path.lexists(merged / name):
                kind(merged / name)
        found = judged(merged, plain)
        assert isinstance(found, Run if which == "each" else (Run, CheckpointError))
        if isinstance(found, Run) and names != ["vocab.json"]:  # which is rarely needed
            assert found.problems, f"nothing is said of {names[0]}"


def test_a_folder_of_loops(tmp_path: Path) -> None:
    merged = sound(tmp_path / "m")
    (merged / "lora_adapter").symlink_to(".")
    (merged / "loop").symlink_to("loop")
    (merged / "up").symlink_to("..")
    assert isinstance(judged(merged), Run)
    (tmp_path / "self").symlink_to("self")
    assert isinstance(judged(tmp_path / "self"), CheckpointError)


class Failing(BufferedReader):
    """A file that lets one read of all fail, or come back short."""

    reads = 0
    fails_at = 0
    short = False

    def read(self, size: int | None = -1, /) -> bytes:
        if self._is_over():
            return super().read(size)[: 3 if Failing.short else 0]
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        return 0 if self._is_over() else super().readinto(buffer)

    def _is_over(self) -> bool:
        Failing.reads += 1
        over = Failing.reads == Failing.fails_at
        if over and not Failing.short:
            raise OSError(5, "Input/output error")
        return over


@pytest.mark.parametrize("short", [False, True], ids=["error", "short"])
def test_every_read_fails_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: bool
) -> None:
    def opened(path: Path, mode: str, opener: Callable[[str, int], int]) -> Failing:
        return Failing(FileIO(path, mode, opener=opener))

    monkeypatch.setattr(rawfile, "open", opened, raising=False)
    monkeypatch.setattr(Failing, "short", short)
    merged, source = sound(tmp_path / "m"), sound(tmp_path / "s")
    monkeypatch.setattr(Failing, "fails_at", 0)
    monkeypatch.setattr(Failing, "reads", 0)
    assert isinstance(judged(merged, source), Run)
    total = Failing.reads
    assert total > 20
    told = 0
    for number in range(1, total + 1):
        monkeypatch.setattr(Failing, "fails_at", number)
        monkeypatch.setattr(Failing, "reads", 0)
        found = judged(merged, source)
        assert isinstance(found, Run)
        told += bool(found.problems)
    assert short or told > 2 * 14, "each of the fourteen files of both, and some more than once"


def test_files_that_change_while_they_are_read(tmp_path: Path) -> None:
    merged, source = sound(tmp_path / "m"), sound(tmp_path / "s")
    contents = {path.name: path.read_bytes() for path in merged.iterdir()}
    done = threading.Event()

    def meddle() -> None:
        seed = random.Random(0)
        while not done.wait(0.0002):
            path = merged / seed.choice(tuple(contents))
            change = seed.randrange(4)
            if change == 0:
                path.unlink(missing_ok=True)
            elif change == 1 and path.exists():
                os.truncate(path, seed.randrange(len(contents[path.name]) + 1))
            else:
                path.write_bytes(contents[path.name] * seed.randint(1, 2))

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        for _ in seeds(30, "changing files"):
            judged(merged, source)
    finally:
        done.set()
        thread.join()


HEADERS: tuple[tuple[Any, int | None, int], ...] = (
    ({}, 2**64 - 1, 0),
    ({}, 100_000_001, 0),
    ({}, 0, 0),
    ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}} | {"b": 1}, None, 8),
    ({n: {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]} for n in "ab"}, None, 9),
    ({"a": {"dtype": "F32", "shape": [2**62, 2], "data_offsets": [0, 2**63]}}, None, 8),
    ({"a": {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}}, None, 8),
    ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [2**80, 2**80 + 8]}}, None, 8),
    ({"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, float("nan")]}}, None, 8),
    ({"a": {"dtype": [], "shape": {}, "data_offsets": "ab"}}, None, 8),
    ({"\ud800": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, None, 8),
    ({"\x1b[2J" * 999: {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, None, 8),
    ({"__metadata__": {"format": 1}}, None, 0),
    ([], None, 0),
)


@pytest.mark.parametrize("number", range(len(HEADERS)))
def test_headers(tmp_path: Path, number: int) -> None:
    entries, announced, size = HEADERS[number]
    merged, source = sound(tmp_path / "m"), sound(tmp_path / "s")
    for name in ("model.safetensors", "adapter_model.safetensors"):
        path = builders.write_header(merged / name, entries, size)
        if announced is not None:
            with path.open("r+b") as file:
                file.write(announced.to_bytes(8, "little"))
    for pair in ((merged, source), (source, merged)):
        found = judged(*pair)
        assert isinstance(found, Run)
        assert any("safetensors" in problem.file for problem in found.problems)


DOCUMENTS = {
    "deep lists": '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "not too deep": '{"a": ' + "[" * 90 + "]" * 90 + "}",
    "twice": '{"model_type": "llama", "model_type": 1, "text_config": {"a": 1, "a": {}}}',
    "half a character": '{"model_type": "\\ud800", "eos_token": "\\udfff"}',
    "numbers": '{"vocab_size": NaN, "rope_theta": Infinity, "hidden_size": 1e999}',
    "many digits": '{"vocab_size": ' + "9" * 5000 + "}",
    "large": '{"vocab_size": ' + "9" * 4000 + ', "max_position_embeddings": -1e-999}',
    "a word": '"config"',
    "words": '["config"]',
    "nulls": "\0" * 100,
    "marks": '\ufeff{"model_type": "llama"}',
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(tmp_path: Path, text: str) -> None:
    plain = sound(tmp_path / "plain")
    names = [name for name in READ if name.endswith(".json")]
    for number, name in enumerate(["model.safetensors.index.json", *names]):
        merged = sound(tmp_path / str(number))
        if "index" in name:
            (merged / "model.safetensors").unlink()
        (merged / name).write_text(text)
        assert isinstance(judged(merged, plain), Run)
    everything = sound(tmp_path / "all")
    for name in names:
        (everything / name).write_text(text)
    judged(everything, everything)


OUTSIDE = ("../secret", "/etc/passwd", "..", ".", "", "sub/../../secret", "C:\\x", "a\\..\\b", "\0")


def test_nothing_outside_the_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    merged = sound(tmp_path / "m")
    (merged / "model.safetensors").unlink()
    weight_map = {f"t{number}": name for number, name in enumerate(OUTSIDE)}
    index = {"weight_map": weight_map, "metadata": {"total_size": "../secret"}}
    builders.write_json(merged / "model.safetensors.index.json", index)
    for name in ("config.json", "tokenizer_config.json", "adapter_config.json"):
        values = json.loads((merged / name).read_text())
        odd = ("auto_map", "_name_or_path", "base_model_name_or_path", "tokenizer_file")
        values |= dict.fromkeys((*odd, "chat_template_file", "vocab_file"), "../secret")
        builders.write_json(merged / name, values)
    opened: list[str] = []
    listening = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event in ("open", "os.listdir", "os.scandir") and arguments[0]:
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    found = judged(merged)
    listening = False
    assert isinstance(found, Run)
    inside = [path for path in opened if path.startswith(str(merged))]
    outside = [p for p in opened if p not in inside and ("secret" in p or str(tmp_path) in p)]
    assert (len(inside) > 5, outside) == (True, [])
    assert not [path for path in opened if path.startswith("/etc/passwd")]


LIMITED = """
import resource, sys, time
from pathlib import Path
from slowlens.checking import check
from slowlens.errors import SlowlensError
began = time.monotonic()
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000,) * 2)
try:
    check(Path(sys.argv[1]))
except SlowlensError as error:
    print(error)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
print("MB:", peak, "seconds:", time.monotonic() - began)
"""


def huge_list(path: Path) -> None:
    path.write_text('{"a": [' + ",".join(["{}"] * 20_000_000) + "]}")


def huge_object(path: Path) -> None:
    path.write_text("{" + ",".join(f'"{n}":[]' for n in range(4_500_000)) + "}")


def huge_hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)


def huge_text(path: Path) -> None:
    path.write_text('{"chat_template": "' + "{{ x }}" * 9_000_000 + '"}')


def twice_many_times(path: Path) -> None:
    path.write_text("{" + ",".join(['"a":1'] * 5_000_000) + "}")


@pytest.mark.parametrize(
    "kind",
    [huge_list, huge_object, huge_hole, huge_text, twice_many_times],
    ids=lambda kind: kind.__name__,
)
def test_size_is_bounded(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    """In a child with little memory: no file of a checkpoint can take more than it gives."""
    merged = sound(tmp_path / "m")
    kind(merged / "huge")
    for name in ("config.json", "tokenizer.json", "model.safetensors.index.json"):
        (merged / name).unlink(missing_ok=True)
        os.link(merged / "huge", merged / name)
    (merged / "model.safetensors").unlink()
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(merged)], capture_output=True, text=True, timeout=120
    )
    COUNTS["huge files"] += 3
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 60
