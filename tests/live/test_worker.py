"""The worker on real models, most of it in this process: only some questions need a child."""

import json
import os
import time
import weakref
from pathlib import Path
from typing import Any

import psutil
import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import (
    Compared,
    Event,
    Loaded,
    Loading,
    Stepped,
    TrialFailed,
    WarmedUp,
    WarmingUp,
    Working,
)
from slowlens.measure.recorder import Recorder
from slowlens.measure.session import measure

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from slowlens.measure.worker import models, pulse  # noqa: E402
from slowlens.measure.worker import work as work_module  # noqa: E402
from slowlens.measure.worker.__main__ import work  # noqa: E402
from slowlens.measure.worker.loading import load  # noqa: E402
from slowlens.measure.worker.meter import Meter  # noqa: E402
from slowlens.measure.worker.sequence import Common  # noqa: E402
from slowlens.measure.worker.trial import run  # noqa: E402
from slowlens.measure.worker.warmup import warm_up  # noqa: E402

V4 = transformers.__version__.startswith("4.")
PROMPT = "Which one is red?"


def plan(merged: Path, source: Path | None = None, **changes: Any) -> Plan:
    settings: dict[str, Any] = {"new_tokens": 6, "rounds": 1, "answer_tokens": 12, "threads": 1}
    settings |= {"equality_tokens": 0}
    settings |= {"prompt": PROMPT, "device": "cpu"} | changes
    return Plan(str(merged), None if source is None else str(source), **settings)


def events_of(asked: Plan) -> list[Event]:
    events: list[Event] = []
    work(asked, events.append)
    return events


def measured(asked: Plan) -> Measurement:
    recorder = Recorder(asked)
    for event in events_of(asked):
        recorder.apply(event)
    return recorder.measurement(Status.DONE)


def find(
    found: Measurement,
    cache: Cache,
    purpose: Purpose = Purpose.SPEED,
    subject: Subject = Subject.MERGED,
) -> Generation:
    (generation,) = found.find(subject, cache, purpose)
    return generation


def cached(prompt: int, steps: int) -> tuple[int, ...]:
    return (prompt, *[1] * (steps - 1))


def uncached(prompt: int, steps: int) -> tuple[int, ...]:
    return tuple(range(prompt, prompt + steps))


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


def test_a_pair_is_measured_side_by_side(tmp_path: Path) -> None:
    merged = tiny.llama(tmp_path / "m", None, use_cache=False)
    source = tiny.llama(tmp_path / "s", {"eos_token_id": 258})
    found = measured(plan(merged, source, rounds=2))
    assert find(found, Cache.AS_SHIPPED, Purpose.PROOF).recomputes
    assert find(found, Cache.AS_SHIPPED, Purpose.PROOF, Subject.SOURCE).cached
    assert [(m.subject, m.path) for m in found.models] == [
        (Subject.MERGED, str(merged)),
        (Subject.SOURCE, str(source)),
    ]
    assert len(found.find(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED)) == 2
    assert found.environment is not None
    assert found.environment.packages["transformers"] == transformers.__version__


def test_what_is_reported_of_a_model(tmp_path: Path) -> None:
    (model,) = measured(plan(tiny.llama(tmp_path, {}))).models
    assert (model.dtype, model.attention, model.missing, model.notes) == ("bfloat16", "sdpa", 0, ())
    assert model.parameters == 107_200
    assert (model.device.kind, model.device.threads) == ("cpu", 1)
    assert model.device.name
    assert model.device.memory > 1e9


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


def test_assisted_decoding_gives_several_tokens_a_pass(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"prompt_lookup_num_tokens": 4, "eos_token_id": 258})
    found = measured(plan(folder, new_tokens=24))
    assisted, off = find(found, Cache.AS_SHIPPED), find(found, Cache.OFF)
    assert len(assisted.steps) == 24
    assert max(assisted.input_lengths[1:]) > 1
    assert off.recomputes


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


def test_without_a_tokenizer_tokens_are_made_up(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    (folder / "tokenizer.json").unlink()
    found = measured(plan(folder))
    timed = find(found, Cache.ON)
    assert timed.prompt_tokens == 200
    assert timed.text == ""
    assert "made-up tokens" in found.models[0].notes[0]


def test_a_tokenizer_that_is_too_large_is_not_used(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {}, vocab_size=100, pad_token_id=0)))
    assert "more tokens than the model" in found.models[0].notes[0]


def test_missing_tensors_are_counted(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    safetensors = pytest.importorskip("safetensors.torch")
    file = folder / "model.safetensors"
    tensors = safetensors.load_file(file)
    renamed = {f"base_model.model.{name}": tensor for name, tensor in tensors.items()}
    safetensors.save_file(renamed, file, {"format": "pt"})
    (model,) = measured(plan(folder)).models
    assert model.missing == len(tensors)


def edit(folder: Path, file: str, **values: Any) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def truncated_weights(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 5)


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def unknown_type(folder: Path) -> None:
    edit(folder, "config.json", model_type="unheard_of")


def own_code(folder: Path) -> None:
    edit(
        folder,
        "config.json",
        model_type="theirs",
        auto_map={"AutoConfig": "theirs.C", "AutoModelForCausalLM": "theirs.M"},
    )


def no_text_model(folder: Path) -> None:
    edit(folder, "config.json", model_type="vit", architectures=["ViTModel"])


def refused_setting(folder: Path) -> None:
    edit(folder, "generation_config.json", cache_implementation="offloaded")


@pytest.mark.parametrize(
    ("spoil", "message", "hint"),
    [
        (no_weights, "loading merged .*no file named", "no weights"),
        (truncated_weights, "loading merged", "damaged"),
        (no_config, "loading merged", ""),
        (unknown_type, "unheard_of", "model_type"),
        (own_code, "loading merged", "own code"),
        (no_text_model, "no class of transformers .* generates text", "config.json"),
    ],
)
def test_a_broken_checkpoint(spoil: Any, message: str, hint: str, tmp_path: Path) -> None:
    spoil(tiny.llama(tmp_path, {}))
    with pytest.raises(WorkerError, match=message) as caught:
        events_of(plan(tmp_path))
    assert "\n" not in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.hint


@pytest.mark.skipif(V4, reason="transformers 4 does not validate types")
def test_a_value_of_the_wrong_type(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    edit(folder, "config.json", use_cache="false")
    with pytest.raises(WorkerError, match="use_cache") as caught:
        events_of(plan(folder))
    assert "wrong type" in caught.value.hint


@pytest.mark.skipif(not V4, reason="transformers 5 reads null as the default")
def test_a_null_cache_breaks_transformers_4(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {"use_cache": None})))
    assert {f.trial.cache for f in found.failures} == {Cache.AS_SHIPPED}
    assert find(found, Cache.ON).cached


def test_settings_that_are_refused_fail_their_trials_and_no_others(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    refused_setting(folder)
    found = measured(plan(folder))
    assert find(found, Cache.OFF).recomputes
    assert {f.trial.cache for f in found.failures} >= {Cache.AS_SHIPPED, Cache.ON}
    timed = [f for f in found.failures if f.trial.purpose is Purpose.SPEED]
    assert len(timed) == 2
    assert all("generation_config.json" in f.hint for f in timed)
    assert all("generating with merged" in f.message for f in timed)


def test_beams_as_shipped_are_counted_in_the_proof(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {"num_beams": 3, "use_cache": False})))
    proof = find(found, Cache.AS_SHIPPED, Purpose.PROOF)
    assert proof.rows == 3
    assert proof.input_lengths == uncached(proof.prompt_tokens, 3)
    assert find(found, Cache.AS_SHIPPED).rows == 1


def test_timed_trials_process_one_sequence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = tiny.llama(tmp_path / "m", {})
    source = tiny.llama(tmp_path / "s", {"use_cache": False}, vocab_size=300)
    sequences: list[tuple[int, ...]] = []
    entered = Meter.entered

    def listen(meter: Meter, inputs: Any, sequence: Any) -> None:
        sequences.append(tuple(sequence[0].tolist()))
        entered(meter, inputs, sequence)

    monkeypatch.setattr(Meter, "entered", listen)
    found = measured(plan(merged, source, prompt_tokens=50, answer_tokens=0))
    choices = {tuple(s.token for s in g.steps) for g in found.generations if len(g.steps) == 6}
    assert len(choices) > 1
    last = [sequence for sequence in sequences if len(sequence) == 50 + 5]
    assert len(last) == 1 + 4  # the answer that is gone on with, and the timed trials
    assert len(set(last)) == 1


def test_long_runs_without_the_cache_are_predicted(tmp_path: Path) -> None:
    asked = plan(tiny.llama(tmp_path, {"use_cache": False}), new_tokens=128, rounds=2)
    found = measured(asked)
    shipped = speed_of(found, Subject.MERGED, Cache.AS_SHIPPED)
    assert shipped is not None
    assert shipped.estimated
    assert (shipped.new_tokens, len(shipped.runs)) == (128, 2)
    assert len(found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)[0].steps) == 128
    full = measured(plan(tmp_path, new_tokens=128, full=True))
    assert len(find(full, Cache.AS_SHIPPED).steps) == 128


def test_a_model_that_does_not_fit_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    real = models.load

    def full(asked: Plan, subject: str, *rest: Any) -> Any:
        if subject == Subject.SOURCE:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB")
        return real(asked, subject, *rest)

    monkeypatch.setattr(models, "load", full)
    found = measured(plan(merged, source))
    assert {f.trial.subject for f in found.failures} == {Subject.SOURCE}
    assert found.failures[0].needed == int(2.5 * 2**30)
    assert found.failures[0].free
    assert find(found, Cache.ON).cached


def test_what_cannot_be_loaded_is_not_tried_for_each_trial(tmp_path: Path) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    (source / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    events = events_of(plan(merged, source))
    loading = [event.subject for event in events if isinstance(event, Loading)]
    assert loading == [Subject.MERGED, Subject.SOURCE]
    failed = [event.failure for event in events if isinstance(event, TrialFailed)]
    assert len(failed) == 3
    assert len({failure.message for failure in failed}) == 1


def test_a_model_that_needs_more_than_its_files_gets_the_room_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    loaded: list[weakref.ref[Any]] = []

    def full(asked: Plan, subject: str, *rest: Any) -> Any:
        if any(model() is not None for model in loaded):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        ready = load(asked, subject, *rest)
        loaded.append(weakref.ref(ready.model))
        return ready

    monkeypatch.setattr(models, "load", full)
    found = measured(plan(merged, source))
    assert found.failures == ()
    assert "loaded again" in found.models[1].notes[0]


def out_of_memory_when(monkeypatch: pytest.MonkeyPatch, fails: Any) -> "list[weakref.ref[Any]]":
    """Let some trials fail in the middle; returns what they held."""
    held: list[weakref.ref[Any]] = []
    real = work_module.run

    def run_or_fail(ready: Any, trial: Trial, *rest: Any) -> None:
        if not fails(trial):
            assert all(what() is None for what in held), "the next trial needs the room"
            real(ready, trial, *rest)
            return
        logits = torch.zeros(1)
        ready.meter.cache = cache = torch.zeros(1)
        held.extend((weakref.ref(logits), weakref.ref(cache)))
        del cache
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(work_module, "run", run_or_fail)
    return held


def test_what_a_trial_held_that_failed_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = out_of_memory_when(monkeypatch, lambda trial: trial.cache is Cache.OFF)
    found = measured(plan(tiny.llama(tmp_path, {}), rounds=2))
    assert len(held) == 2
    assert len(found.failures) == 2, "the second round is not tried"
    assert len(found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)) == 2


def test_a_long_prompt_that_does_not_fit_says_nothing_about_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out_of_memory_when(
        monkeypatch, lambda trial: (trial.purpose, trial.cache) == (Purpose.SPEED, Cache.ON)
    )
    found = measured(plan(tiny.llama(tmp_path, {}), prompt_tokens=300))
    assert len(found.failures) == 1
    assert find(found, Cache.ON, Purpose.LENGTH).steps


def test_a_model_that_made_room_does_not_end_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "free_memory", lambda _: 1)
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    out_of_memory_when(
        monkeypatch,
        lambda trial: trial.subject == Subject.MERGED and trial.purpose is Purpose.SPEED,
    )
    asked = plan(merged, source, rounds=2, settings=(Cache.AS_SHIPPED,))
    found = measured(asked)
    assert len(found.find(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED)) == 2
    assert find(found, Cache.ON, Purpose.LENGTH).steps


def test_what_the_cache_holds_and_a_step_reads(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {})))
    on = find(found, Cache.ON)
    per_token = 2 * 2 * 2 * 16 * 2  # keys and values, layers, heads, width, bytes
    assert on.cache_size == per_token * on.steps[-1].kv_length
    assert find(found, Cache.OFF).cache_size is None
    model = found.models[0]
    assert model.parameters == 107_200
    assert 0 < model.active_parameters < model.parameters
    assert model.weights_read == 2 * model.active_parameters
    assert model.placed == {"cpu": 2 * model.parameters}


def test_an_impossible_device(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    for device in ("cuda:77", "no-such-device"):
        with pytest.raises(WorkerError, match=device) as caught:
            events_of(plan(folder, device=device))
        assert "--device cpu" in caught.value.hint


def test_out_of_memory_says_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(models, "load", full)
    with pytest.raises(
        WorkerError, match=r"out of memory while loading merged .*are free"
    ) as caught:
        events_of(plan(tiny.llama(tmp_path, {})))
    assert "--device cpu" in caught.value.hint


def test_models_take_turns_where_memory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "free_memory", lambda _: 1)
    merged = tiny.llama(tmp_path / "m", {"use_cache": False})
    source = tiny.llama(tmp_path / "s", {})
    events = events_of(plan(merged, source))
    subjects = [event.subject for event in events if isinstance(event, Loading)]
    assert subjects == [Subject.MERGED, Subject.SOURCE] * 3
    notes = [event.model.notes for event in events if isinstance(event, Loaded)]
    assert "loaded again" in notes[1][0]
    recorder = Recorder(plan(merged, source))
    for event in events:
        recorder.apply(event)
    found = recorder.measurement(Status.DONE)
    assert find(found, Cache.AS_SHIPPED).recomputes
    assert find(found, Cache.AS_SHIPPED, subject=Subject.SOURCE).cached


def test_what_reports_no_steps_tells_that_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "INTERVAL", 0.0)
    events = events_of(plan(tiny.llama(tmp_path, {}), settings=(Cache.ON,), equality_tokens=3))
    kinds = [type(event) for event in events]
    warm = kinds[kinds.index(WarmingUp, kinds.index(WarmingUp) + 1) : kinds.index(WarmedUp)]
    assert warm.count(Working) >= 3 * 5
    last = kinds[: kinds.index(Compared)]
    assert [kind for kind in last[-8:] if kind is Working] == [Working] * 8


def test_both_stay_where_they_fit(tmp_path: Path) -> None:
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    events = events_of(plan(merged, source))
    assert len([event for event in events if isinstance(event, Loading)]) == 2


def test_a_child_measures_and_writes_nothing(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False})
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    recorder = Recorder(plan(folder))
    with measure(plan(folder)) as events:
        for event in events:
            recorder.apply(event)
    assert find(recorder.measurement(Status.DONE), Cache.AS_SHIPPED).recomputes
    after = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    assert after == before


def test_leaving_in_the_middle_of_a_trial(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False})
    with measure(plan(folder, new_tokens=100_000)) as events:
        for event in events:
            if isinstance(event, Stepped) and event.trial == 1:
                break
        children = psutil.Process().children(recursive=True)
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert children
    assert not any(child.is_running() for child in children)
