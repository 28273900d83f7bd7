"""Rules about live runs on real runs: each one fires on what was planted, none on a sound pair."""

import json
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from slowlens.checking import check
from slowlens.diagnose import Status
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.findings import Finding, Severity

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")

from live import measuring, tiny  # noqa: E402
from live.measuring import plan  # noqa: E402
from slowlens.measure.worker import loading  # noqa: E402
from slowlens.measure.worker.opening import Opened  # noqa: E402
from slowlens.rules import first_call_compiles  # noqa: E402

RULES = (
    "decode-slows-with-position",
    "mbu-below-source",
    "runtime-precision-differs",
    "layers-off-gpu",
    "several-sequences",
    "longer-answer",
    "first-call-compiles",
    "weights-left-out-at-load",
    "endless-answer",
)
needs_verdict = pytest.mark.skipif(find_spec("scipy") is None, reason="verdicts need scipy")

ENDLESS = {"eos_token_id": 257, "no_repeat_ngram_size": 1}
"""No token comes twice, and the end token stands in the prompt."""


def measured(merged: Path, source: Path | None = None, **changes: Any) -> Measurement:
    settings = {"new_tokens": 4, "answer_tokens": 48, "settings": (Cache.AS_SHIPPED,)}
    found = measuring.measured(plan(merged, source, **settings | changes))
    assert found.failures == ()
    return found


def found(merged: Path, source: Path | None = None, **changes: Any) -> dict[str, Finding]:
    """Run and check the pair; return the first finding of each live rule that has one."""
    outcomes = check(merged, source, measured(merged, source, **changes)).outcomes
    assert [o.reason for o in outcomes if o.status is Status.CRASHED] == []
    return {o.rule: o.findings[0] for o in outcomes if o.rule in RULES and o.findings}


def end(folder: Path, tokens: int) -> None:
    """Make the answer of ``folder`` end after so many tokens: by the one that comes there."""
    answer = answer_of(measured(folder, rounds=0), Subject.MERGED)
    assert answer is not None
    edit(folder, "generation_config.json", eos_token_id=answer.steps[tokens - 1].token)


def edit(folder: Path, file: str, **values: Any) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


STEADY = 0.02
"""Seconds a step that hide how much a busy machine makes a millisecond vary."""


def slowed(folder: Path, monkeypatch: pytest.MonkeyPatch, pause: Callable[[int], float]) -> None:
    """Hang a hook on the model of ``folder`` that waits, as long as the length asks for."""
    load = loading.opened

    def opened(plan: Plan, path: str, *args: Any) -> Opened:
        loaded = load(plan, path, *args)
        if path == str(folder):
            loaded.model.register_forward_pre_hook(wait, with_kwargs=True)
        return loaded

    def wait(_: object, __: object, given: dict[str, Any]) -> None:
        past = given.get("past_key_values")
        time.sleep(pause(past.get_seq_length() if past is not None else 0))

    monkeypatch.setattr(loading, "opened", opened)


RISE = 0.002
"""Seconds by which each step takes longer than the one before: more than a busy machine hides."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tiny.llama(tmp_path / "source", ENDLESS)


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return tiny.llama(tmp_path / "merged", ENDLESS)


def test_a_sound_pair(merged: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (merged, source):
        end(folder, 5)
        slowed(folder, monkeypatch, lambda _: STEADY)
    assert found(merged, source, new_tokens=48, rounds=3) == {}


@needs_verdict
def test_decode_slows_with_position(
    merged: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(merged, monkeypatch, lambda length: RISE * length)
    said = found(merged, source, new_tokens=40, rounds=3, answer_tokens=0)[
        "decode-slows-with-position"
    ]
    assert said.evidence[0].value > 100  # type: ignore[union-attr]
    assert said.severity is Severity.WARNING


@needs_verdict
def test_decode_slows_with_position_without_a_source(
    merged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(merged, monkeypatch, lambda length: RISE * length)
    said = found(merged, new_tokens=40, rounds=3, answer_tokens=0)["decode-slows-with-position"]
    assert said.severity is Severity.NOTE


@needs_verdict
def test_mbu_below_source(merged: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slowed(source, monkeypatch, lambda _: STEADY)
    slowed(merged, monkeypatch, lambda _: 4 * STEADY)
    said = found(merged, source, new_tokens=24, rounds=3, answer_tokens=0)
    assert list(said) == ["mbu-below-source"]
    assert "times as long per token as source as shipped" in said["mbu-below-source"].cost


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"dtype": "float32", "torch_dtype": "float32"},
            "merged runs in float32, its source in bfloat16",
        ),
        ({"_attn_implementation": "eager"}, "merged runs eager attention, its source sdpa"),
    ],
)
def test_runtime_precision_differs(
    values: dict[str, str], message: str, merged: Path, source: Path
) -> None:
    edit(merged, "config.json", **values)
    assert found(merged, source)["runtime-precision-differs"].message == message


def test_several_sequences(merged: Path, source: Path) -> None:
    edit(merged, "generation_config.json", num_beams=3)
    said = found(merged, source)["several-sequences"]
    assert "processed 3 sequences for one prompt (num_beams 3)" in said.message
    edit(source, "generation_config.json", num_beams=3)
    assert found(merged, source)["several-sequences"].severity is Severity.NOTE


def test_longer_answer_because_the_template_opens_thoughts(merged: Path, source: Path) -> None:
    (merged / "chat_template.jinja").write_text(tiny.TEMPLATE + "<think>\n")
    end(merged, 36)
    end(source, 5)
    said = found(merged, source)["longer-answer"]
    assert "merged wrote 36 tokens where its source wrote 5: it thinks" in said.message
    assert "it thinks, as its chat template has it, 100 % of its text" in said.message
    assert "times as many tokens: " in said.cost


def test_longer_answer_without_a_reason(merged: Path, source: Path) -> None:
    end(merged, 36)
    end(source, 5)
    said = found(merged, source)
    assert list(said) == ["longer-answer"]
    assert "thinks" not in said["longer-answer"].message


def test_longer_prompt(merged: Path, source: Path) -> None:
    (merged / "chat_template.jinja").write_text("You are a helpful assistant.\n" + tiny.TEMPLATE)
    said = found(merged, source)["longer-answer"]
    assert said.message.startswith("the same request is a prompt of ")
    assert said.cost == "29 more tokens to read before each answer"


@pytest.mark.skipif(transformers.__version__ < "5", reason="version 4 compiles on a GPU only")
def test_first_call_compiles(merged: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile on a CPU, where so small a step takes less than the seconds that count."""
    load = loading.opened

    def opened(plan: Plan, path: str, *args: Any) -> Opened:
        loaded = load(plan, path, *args)
        compiled = transformers.CompileConfig(backend="eager", mode=None)
        compiled._compile_all_devices = True
        loaded.model.generation_config.compile_config = compiled
        return loaded

    monkeypatch.setattr(loading, "opened", opened)
    monkeypatch.setattr(first_call_compiles, "LEAST_SECONDS", 0.2)
    torch._dynamo.reset()
    assert "first-call-compiles" not in found(merged)
    edit(merged, "generation_config.json", cache_implementation="static")
    said = found(merged)["first-call-compiles"]
    assert said.severity is Severity.NOTE
    assert "cache_implementation static" in said.message


def test_weights_left_out_at_load(merged: Path, source: Path) -> None:
    file = merged / "model.safetensors"
    tensors = safetensors.load_file(file)
    tensors["stray"] = tensors.pop("model.layers.1.mlp.down_proj.weight")
    safetensors.save_file(tensors, file, {"format": "pt"})
    said = found(merged, source)["weights-left-out-at-load"]
    assert said.severity is Severity.ERROR
    assert said.message.endswith("filled at random: model.layers.1.mlp.down_proj.weight")


def test_endless_answer(merged: Path, source: Path) -> None:
    end(source, 5)
    said = found(merged, source)["endless-answer"]
    assert said.message.startswith("the answer ran to the limit of 48 tokens; the source stopped")
    assert "endless-answer" not in found(merged, source, answer_tokens=0)
