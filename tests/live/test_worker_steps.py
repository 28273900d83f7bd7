"""What goes into each step, and what comes out, under settings that are shipped."""

import json
from pathlib import Path
from typing import Any

import pytest

from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.frozen import replace
from slowlens.measure.events import Event, Stepped, TrialFinished

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import PROMPT, cached, find, measured, plan, uncached  # noqa: E402
from slowlens.measure.worker.loading import load  # noqa: E402
from slowlens.measure.worker.meter import Meter  # noqa: E402
from slowlens.measure.worker.sequence import Common  # noqa: E402
from slowlens.measure.worker.trial import run  # noqa: E402
from slowlens.measure.worker.warmup import warm_up  # noqa: E402

V4 = transformers.__version__.startswith("4.")


@pytest.mark.parametrize("make", [tiny.llama, tiny.llava])
def test_input_lengths_tell_the_cache(make: Any, tmp_path: Path) -> None:
    found = measured(plan(make(tmp_path, {"use_cache": False})))
    proof = find(found, Cache.AS_SHIPPED, Purpose.PROOF)
    prompt = proof.prompt_tokens
    assert prompt > len(PROMPT)
    assert proof.input_lengths == uncached(prompt, 3)
    assert find(found, Cache.AS_SHIPPED).input_lengths == uncached(prompt, 6)
    assert find(found, Cache.OFF).input_lengths == uncached(prompt, 6)
    assert find(found, Cache.ON).input_lengths == cached(prompt, 6)
    assert find(found, Cache.ON, Purpose.LENGTH).cached


def test_the_steps_make_up_the_whole_call(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {}), new_tokens=40))
    for generation in found.generations:
        seconds = sum(step.seconds for step in generation.steps)
        assert 0.5 * generation.total_seconds < seconds <= generation.total_seconds


def test_end_tokens_end_an_answer_but_no_timed_trial(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    endless = find(measured(plan(folder)), Cache.ON, Purpose.LENGTH)
    assert (endless.finish, len(endless.steps)) == (Finish.LENGTH, 12)

    tokens = [step.token for step in endless.steps]
    end = tokens[3]
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [258, end]}))
    found = measured(plan(folder))
    answer = find(found, Cache.ON, Purpose.LENGTH)
    assert answer.finish is Finish.EOS
    assert len(answer.steps) == tokens.index(end) + 1
    assert answer.steps[-1].token == end
    timed = find(found, Cache.ON)
    assert (timed.finish, len(timed.steps)) == (Finish.LENGTH, 6)


def test_a_stop_is_never_asked_for_a_pass_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on MPS: there each pass ends before the device was asked, and one follows the last."""
    utils = transformers.generation.utils
    deferred = getattr(utils, "DeferredStopCheck", None)
    if deferred is None:
        pytest.skip("this version asks after each pass")
    made: list[object] = []

    def late(*told: Any) -> Any:
        made.append(told)
        return utils.StopCheck()

    late.is_supported = lambda *_, **__: True  # type: ignore[attr-defined]
    monkeypatch.setattr(utils, "DeferredStopCheck", late)
    measured(plan(tiny.llama(tmp_path, {}), settings=(Cache.ON,), answer_tokens=0))
    assert not made


def test_the_text_is_that_of_the_tokens(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    answer = find(measured(plan(folder, answer_tokens=60)), Cache.ON, Purpose.LENGTH)
    whole = transformers.AutoTokenizer.from_pretrained(folder).decode(
        [step.token for step in answer.steps], clean_up_tokenization_spaces=False
    )
    assert answer.text == whole


def test_the_chat_template_is_used(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    text = f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"
    ids = transformers.AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    assert find(measured(plan(folder)), Cache.ON).prompt_tokens == len(ids)


@pytest.mark.parametrize(
    "shipped",
    [
        {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "top_k": 20},
        {"repetition_penalty": 1.3, "no_repeat_ngram_size": 3},
        {"cache_implementation": "static"},
        {"max_length": 4, "min_length": 2},
        {"stop_strings": ["nowhere in the text"]},
    ],
    ids=lambda shipped: next(iter(shipped)),
)
def test_settings_that_are_often_shipped(shipped: dict[str, Any], tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, shipped)))
    prompt = find(found, Cache.ON).prompt_tokens
    assert find(found, Cache.AS_SHIPPED).input_lengths == cached(prompt, 6)
    assert find(found, Cache.OFF).input_lengths == uncached(prompt, 6)


@pytest.mark.skipif(V4, reason="dynamo's counters stay empty under transformers 4")
def test_counting_makes_a_compiled_model_compile_no_more(tmp_path: Path) -> None:
    asked = plan(tiny.llama(tmp_path, {"cache_implementation": "static"}))
    ready = load(asked, Subject.MERGED, torch.device("cpu"), (), lambda _: None)
    common = Common(ready.prompt.ids, ready.prompt.ids)
    compiled = transformers.CompileConfig(backend="eager", mode=None)
    compiled._compile_all_devices = True
    ready.model.generation_config.compile_config = compiled
    timed = [Trial(Subject.MERGED, c, Purpose.SPEED, 16) for c in (Cache.AS_SHIPPED, Cache.ON)]
    warm_up(ready, timed[0], common)
    frames = dict(torch._dynamo.utils.counters["frames"])
    assert frames["ok"] > 0
    events: list[Event] = []
    for trial in timed:
        run(ready, trial, common, 0, events.append)
    assert dict(torch._dynamo.utils.counters["frames"]) == frames
    lengths = [s.tokens_in for event in events if isinstance(event, Stepped) for s in event.steps]
    assert lengths == 2 * list(cached(len(ready.prompt.ids), 16))


def test_beams_cannot_be_stepped_through(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {"num_beams": 3, "num_return_sequences": 2})))
    assert len(find(found, Cache.AS_SHIPPED).steps) == 6
    assert found.models[0].notes == (
        "it ships num_beams 3: measured with 1",
        "it ships num_return_sequences 2: measured with 1",
    )


def test_beams_as_shipped_are_counted_in_the_proof(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {"num_beams": 3, "use_cache": False})))
    proof = find(found, Cache.AS_SHIPPED, Purpose.PROOF)
    assert proof.rows == 3
    assert proof.input_lengths == uncached(proof.prompt_tokens, 3)
    assert find(found, Cache.AS_SHIPPED).rows == 1


def test_assisted_decoding_gives_several_tokens_a_pass(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"prompt_lookup_num_tokens": 4, "eos_token_id": 258})
    found = measured(plan(folder, new_tokens=24))
    assisted, off = find(found, Cache.AS_SHIPPED), find(found, Cache.OFF)
    assert len(assisted.steps) == 24
    assert max(assisted.input_lengths[1:]) > 1
    assert off.recomputes
    assert off.passes == 24
    assert assisted.passes
    assert assisted.passes < 24


@pytest.mark.skipif(V4, reason="there it takes a model that knows how to leave early")
def test_a_model_that_guesses_with_its_first_layers(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"assistant_early_exit": 1, "eos_token_id": 258})
    found = measured(plan(folder, equality_tokens=3))
    plain = find(measured(plan(tiny.llama(tmp_path / "plain"))), Cache.ON, Purpose.LENGTH)
    assert found.failures == ()
    assert find(found, Cache.OFF).recomputes
    answer = find(found, Cache.ON, Purpose.LENGTH)
    assert [s.token for s in answer.steps] == [s.token for s in plain.steps]
    assert len(find(found, Cache.AS_SHIPPED).steps) == 6


class Handing:
    """Has another model generate, as BLIP-2 has the language model in it."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.config, self.generation_config = inner, inner.config, None

    def generate(self, **told: Any) -> Any:
        return self.inner.generate(**told)


def test_a_model_that_has_another_generate_is_followed_by_its_tokens(tmp_path: Path) -> None:
    asked = plan(tiny.llama(tmp_path, {}))
    ready = load(asked, Subject.MERGED, torch.device("cpu"), (), lambda _: None)
    inner = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, torch_dtype="auto")
    trial, common = Trial(Subject.MERGED, Cache.ON, Purpose.LENGTH, 6), Common(ready.prompt.ids)
    found, passes = list[list[int]](), list[int | None]()
    for model in (ready.model, Handing(inner)):
        events: list[Event] = []
        run(replace(ready, model=model), trial, common, 0, events.append)
        steps = [step for e in events if isinstance(e, Stepped) for step in e.steps]
        assert all(step.seconds > 0 for step in steps)
        found.append([step.token for step in steps])
        passes += [e.passes for e in events if isinstance(e, TrialFinished)]
    assert found[0] == found[1]
    assert len(found[1]) == 6
    assert passes == [6, None]


def test_guesses_are_not_led_along_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    led: list[bool] = []
    start = Meter.start
    monkeypatch.setattr(
        Meter,
        "start",
        lambda meter, **told: (led.append(bool(told.get("answer"))), start(meter, **told)),
    )
    folder = tiny.llama(tmp_path, {"prompt_lookup_num_tokens": 4, "eos_token_id": 258})
    measured(plan(folder, settings=(Cache.AS_SHIPPED,), answer_tokens=0))
    assert not any(led)
    measured(plan(folder, settings=(Cache.OFF,), answer_tokens=0))
    assert led[-1]


def test_a_prefill_in_chunks_is_one_pass(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"prefill_chunk_size": 5, "eos_token_id": 258})
    whole = tiny.llama(tmp_path / "whole", {"eos_token_id": 258})
    found = measured(plan(folder, whole))
    assert found.failures == ()
    for cache in (Cache.AS_SHIPPED, Cache.ON):
        chunked = find(found, cache)
        assert chunked.input_lengths == cached(chunked.prompt_tokens, 6)
        assert [s.kv_length for s in chunked.steps] == list(uncached(chunked.prompt_tokens, 6))
    assert find(found, Cache.OFF).input_lengths == uncached(chunked.prompt_tokens, 6)
    shipped, other = (find(found, Cache.AS_SHIPPED, subject=s) for s in Subject)
    assert [s.token for s in shipped.steps] == [s.token for s in other.steps]
    beams = {"prefill_chunk_size": 5, "eos_token_id": 258, "num_beams": 2}
    found = measured(plan(tiny.llama(tmp_path / "beams", beams), answer_tokens=0))
    proof = find(found, Cache.AS_SHIPPED, Purpose.PROOF)
    assert proof.input_lengths == cached(proof.prompt_tokens, 3)


def test_timed_trials_process_one_sequence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = tiny.llama(tmp_path / "m", {})
    source = tiny.llama(tmp_path / "s", {"use_cache": False}, vocab_size=300)
    chosen, led = list[tuple[int, ...]](), list[tuple[int, ...]]()
    real = Meter.chosen

    def listen(meter: Meter, sequence: Any) -> None:
        chosen.append(tuple(sequence[0].tolist()))
        real(meter, sequence)
        led.append(tuple(sequence[0].tolist()))

    monkeypatch.setattr(Meter, "chosen", listen)
    measured(plan(merged, source, prompt_tokens=50, answer_tokens=0))
    assert chosen != led
    last = [sequence for sequence in led if len(sequence) == 50 + 6]
    assert len(last) == 1 + 4  # the answer that is gone on with, and the timed trials
    assert len(set(last)) == 1
