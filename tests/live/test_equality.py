"""Cached against uncached on real models: sound ones, planted defects, and two that are real."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from literals import measurement
from slowlens.checking import check
from slowlens.errors import WorkerError
from slowlens.facts.live.agreement import Odd, Sameness, judge
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.trial import Subject
from slowlens.findings import Applicability

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from slowlens.measure.worker.equality import agreement, equality  # noqa: E402
from slowlens.measure.worker.metered import metered  # noqa: E402

V4 = transformers.__version__.startswith("4.")
TOKENS = 12
PROMPT = tuple(range(20, 60))
SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "num_experts_per_tok": 2}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {},
    "mistral": {"sliding_window": 24},
    "gemma2": {"sliding_window": 24},
    "gemma3_text": {"sliding_window": 24, "query_pre_attn_scalar": 16},
    "phi3": {},
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4},
    "mixtral": EXPERTS,
    "qwen3_moe": EXPERTS | {"moe_intermediate_size": 64},
    "mamba": {"state_size": 8, "time_step_rank": 4},
    "bamba": {"mamba_n_heads": 4, "mamba_d_head": 32, "mamba_d_state": 8},
    "t5": {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4},
}
"""Bamba is of both kinds: attention and states."""


def small(family: str, **changes: Any) -> Any:
    """A model with random weights whose answer is not one token over and over."""
    torch.manual_seed(0)
    settings = SMALL | FAMILIES.get(family, {}) | changes
    if family == "bamba":
        settings["attn_layer_indices"] = [1]
    if family == "t5":
        settings["decoder_start_token_id"] = 0
    config = transformers.AutoConfig.for_model(family, **settings)
    kind = transformers.AutoModelForCausalLM
    if config.is_encoder_decoder:
        kind = transformers.AutoModelForSeq2SeqLM
    return randomised(kind.from_config(config))


def randomised(model: Any) -> Any:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "A_log" not in name:
                parameter.normal_(0, parameter.shape[-1] ** -0.5)
        model.get_output_embeddings().weight.mul_(3)
    return model.float().eval()


def ready(model: Any, ids: tuple[int, ...] = PROMPT) -> Any:
    return SimpleNamespace(
        model=model,
        prompt=SimpleNamespace(ids=ids, tensors={}),
        meter=metered(model, model.device),
        device=model.device,
        card=SimpleNamespace(subject="merged"),
        generation_config=model.generation_config,
        vocabulary=model.get_input_embeddings().weight.shape[0],
    )


def compared(model: Any, ids: tuple[int, ...] = PROMPT, tokens: int = TOKENS) -> Equality:
    return equality(ready(model, ids), Subject.MERGED, tokens)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sound_model_says_the_same(family: str) -> None:
    found = compared(small(family))
    assert (found.model_type, found.dtype, found.tokens) == (family, "float32", TOKENS)
    assert found.cached.kl_max < 1e-8
    assert found.floor.kl_max < 1e-8
    assert found.prefill is not None
    assert found.prefill.kl_max < 1e-8
    assert judge(found).verdict is Sameness.EQUAL


@pytest.mark.parametrize("family", ["llama", "mamba"])
def test_rounding_to_16_bits_is_no_difference(family: str) -> None:
    found = compared(small(family).to(torch.bfloat16))
    assert 0 < found.cached.kl_mean < 3e-3
    assert judge(found).verdict is Sameness.EQUAL


def test_the_text_part_of_a_composite_model(tmp_path: Path) -> None:
    model = transformers.AutoModelForImageTextToText.from_pretrained(tiny.llava(tmp_path))
    found = compared(randomised(model))
    assert found.model_type == "llava"
    assert judge(found).verdict is Sameness.EQUAL


@contextmanager
def rounded(_: Any) -> Iterator[None]:
    """Keep keys and values in 8 bits."""
    update = transformers.DynamicCache.update

    def low(self: Any, keys: Any, values: Any, *args: Any, **kwargs: Any) -> Any:
        keys, values = (x.to(torch.float8_e4m3fn).to(x.dtype) for x in (keys, values))
        return update(self, keys, values, *args, **kwargs)

    transformers.DynamicCache.update = low
    try:
        yield
    finally:
        transformers.DynamicCache.update = update


def decoding(change: Callable[[Any], Any], name: str = "position_ids") -> Any:
    """Change what goes into the steps that rely on the cache."""

    @contextmanager
    def planted(model: Any) -> Iterator[None]:
        prepare = model.prepare_inputs_for_generation

        def changed(ids: Any, *args: Any, **kwargs: Any) -> Any:
            inputs = prepare(ids, *args, **kwargs)
            if ids.shape[1] > 1 and inputs["input_ids"].shape[1] == 1:
                inputs[name] = change(inputs[name])
            return inputs

        model.prepare_inputs_for_generation = changed
        yield

    return planted


def forget(cache: Any) -> Any:
    """Overwrite a token of the prompt with the next."""
    if cache.get_seq_length() == len(PROMPT):
        pairs = (
            zip(cache.key_cache, cache.value_cache, strict=True)
            if hasattr(cache, "key_cache")
            else [(layer.keys, layer.values) for layer in cache.layers]
        )
        for keys, values in pairs:
            keys[..., 7, :], values[..., 7, :] = keys[..., 8, :], values[..., 8, :]
    return cache


DEFECTS: dict[str, tuple[Any, Odd]] = {
    "8 bits": (rounded, Odd.CACHE),
    "one position too far": (decoding(lambda positions: positions + 1), Odd.DECODING),
    "from 0": (decoding(lambda positions: positions - len(PROMPT)), Odd.DECODING),
    "a token lost": (decoding(forget, "past_key_values"), Odd.DECODING),
}


@pytest.mark.parametrize("family", ["llama", "qwen3_moe"])
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(defect: str, family: str) -> None:
    planted, odd = DEFECTS[defect]
    model = small(family)
    with planted(model):
        found = compared(model)
    assert found.cached.kl_max > 1e-3
    judgement = judge(found)
    assert (judgement.verdict, judgement.odd) == (Sameness.DIFFERENT, odd)


def scaled(kind: str, **changes: Any) -> dict[str, Any]:
    """Rotary positions that are scaled from a length of 44 on."""
    values = {"rope_type": kind, "factor": 4.0, **changes}
    if V4:
        return {"rope_scaling": values, "max_position_embeddings": 44}
    return {
        "rope_parameters": values | {"rope_theta": 10000.0},
        "max_position_embeddings": 44,
    }


def test_positions_scaled_by_the_length_change_the_results() -> None:
    found = compared(small("llama", **scaled("dynamic")))
    judgement = judge(found)
    assert (judgement.verdict, judgement.odd) == (Sameness.DIFFERENT, Odd.LENGTH)
    assert found.cached.kl_max > 1e-2


def test_below_that_length_they_do_not() -> None:
    found = compared(small("llama", **scaled("dynamic")), PROMPT[:20])
    assert judge(found).verdict is Sameness.EQUAL


def test_layers_that_share_keys_and_values_in_the_cache() -> None:
    model = small("llama")
    attention = model.model.layers[1].self_attn
    compute = attention.forward

    def sharing(*args: Any, **kwargs: Any) -> Any:
        cache = kwargs.get("past_key_values", kwargs.get("past_key_value"))
        output, *rest = compute(*args, **kwargs)
        return (output if cache is not None else -output, *rest)

    attention.forward = sharing
    judgement = judge(compared(model))
    assert (judgement.verdict, judgement.odd) == (Sameness.DIFFERENT, Odd.CACHE)


def test_the_fix_of_the_cache_says_what_was_measured(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False}, **scaled("dynamic"))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    found = compared(randomised(model))
    run = check(folder, measurement=replace(measurement(), equalities=(found,)))
    outcomes = {outcome.rule: outcome.findings for outcome in run.outcomes}
    (changed,) = outcomes["cache-changes-results"]
    assert changed.fix is not None
    assert "scaled by the length" in changed.fix.reason
    (slow,) = outcomes["gen-use-cache-false"]
    assert slow.fix is not None
    assert slow.fix.applicability is Applicability.UNSAFE
    assert "the cache changes the results" in slow.fix.reason


def test_a_model_without_a_defect_keeps_a_safe_fix(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False})
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    found = compared(randomised(model))
    run = check(folder, measurement=replace(measurement(), equalities=(found,)))
    outcomes = {outcome.rule: outcome for outcome in run.outcomes}
    assert outcomes["cache-changes-results"].status == "passed"
    (slow,) = outcomes["gen-use-cache-false"].findings
    assert slow.fix is not None
    assert slow.fix.applicability is Applicability.SAFE
    assert "the same with the cache" in slow.fix.reason


def test_the_answer_of_timed_trials_is_not_in_it() -> None:
    loaded = ready(small("llama"))
    loaded.meter.start(answer=(7,) * TOKENS)
    assert equality(loaded, Subject.MERGED, TOKENS) == compared(small("llama"))


def test_logits_that_are_no_numbers_are_refused() -> None:
    model = small("llama")
    with torch.no_grad():
        model.lm_head.weight[3] = torch.nan
    with pytest.raises(WorkerError, match="not a number") as caught:
        compared(model)
    assert caught.value.hint


def test_settings_that_a_checkpoint_ships_are_no_hindrance() -> None:
    model = small("llama")
    config = model.generation_config
    config.prompt_lookup_num_tokens, config.num_beams, config.repetition_penalty = 3, 2, 1.3
    found = compared(model)
    assert found.tokens == TOKENS
    assert judge(found).verdict is Sameness.EQUAL


def test_full_precision_is_put_back() -> None:
    torch.set_float32_matmul_precision("high")
    try:
        compared(small("llama"), tokens=2)
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")


def logits(*rows: list[float]) -> Any:
    return torch.tensor(rows)


def test_equal_logits_agree() -> None:
    some = torch.randn(40, 7)
    assert agreement(some, some.clone()) == agreement(some, some)
    same = agreement(some, some)
    assert (same.kl_mean, same.kl_max, same.flips, same.max_difference) == (0, 0, 0, 0)
    assert same.flip_margin == 0


def test_what_an_agreement_says() -> None:
    one = logits([2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [5.0, 0.0, 0.0])
    two = logits([1.0, 2.0, 0.0], [0.0, 3.0, 1.0], [5.0, 0.0, 1.0])
    found = agreement(one, two)
    p, q = one.double().softmax(-1), two.double().softmax(-1)
    divergence = (p * (p / q).log()).sum(-1)
    assert found.kl_mean == pytest.approx(float(divergence.mean()))
    assert found.kl_max == pytest.approx(float(divergence[0]))
    assert found.kl_median == pytest.approx(float(divergence[2]))
    assert (found.flips, found.flip_margin, found.max_difference) == (1, 1.0, 1.0)


def test_chunks_make_no_difference() -> None:
    one, two = torch.randn(40, 7), torch.randn(40, 7)
    found = agreement(one, two)
    assert found.flips == int((one.argmax(-1) != two.argmax(-1)).sum())
    assert found.max_difference == pytest.approx(float((one - two).abs().max()))


def test_tokens_that_are_ruled_out_on_both_sides() -> None:
    one = logits([2.0, 1.0, -torch.inf])
    assert agreement(one, one.clone()).kl_max == 0
