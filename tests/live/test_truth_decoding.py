"""Generation parameters: what each version of ``generate()`` really does with every file.

A tiny random model; what is compared is the batch of the model's calls, the number of new tokens,
the class of the cache, what is returned beside the tokens, and which errors are raised. The
checkpoints are read and judged as a user's would be.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pairs import EVERY_DEFAULTS
from slowlens.checking import check
from slowlens.facts.decoding.cachekind import CACHE_IMPLEMENTATION
from slowlens.facts.decoding.limits import answer_limit
from slowlens.facts.decoding.outputs import COLLECTED, COMPUTED
from slowlens.facts.decoding.parameters import FURTHER_KEYS, GENERATION_KEYS, effective
from slowlens.facts.decoding.work import work
from slowlens.facts.reading import Merged, reading
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Finding, Severity
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.rules import cache_implementation_odd, num_beams_left, output_attentions_persisted

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
GENERATE = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
PROMPT = 4
FOUR = {"max_new_tokens": 4}

Values = dict[str, Any]


@dataclass
class Observed:
    """What a run did: calls of the model with their batch, new tokens, cache, and outputs."""

    batches: list[int]
    new_tokens: int
    cache: str
    computed: set[str]
    returned: set[str]
    prepared: Any


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256,
        bos_token_id=None, eos_token_id=None, pad_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture
def made(weights: Path, tmp_path: Path) -> Any:
    def make(generation: Values | None, config: Values | None = None) -> Path:
        base = json.loads((weights / "config.json").read_text())
        (tmp_path / "model.safetensors").symlink_to(weights / "model.safetensors")
        (tmp_path / "config.json").write_text(json.dumps(base | (config or {})))
        if generation is not None:
            (tmp_path / "generation_config.json").write_text(json.dumps(generation))
        return tmp_path

    return make


def judged(folder: Path) -> Merged:
    return reading(Merged, read_checkpoint(folder), EVERY_DEFAULTS)


def observe(folder: Path, **arguments: Any) -> Observed:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    seen = Observed([], 0, "", set(), set(), None)
    prepare = model._prepare_generation_config

    def spy(*args: Any, **kwargs: Any) -> Any:
        result = prepare(*args, **kwargs)
        seen.prepared = seen.prepared or result[0]
        return result

    def before(_module: Any, args: Any, kwargs: Any) -> None:
        ids = kwargs["input_ids"] if kwargs.get("input_ids") is not None else args[0]
        seen.batches.append(ids.shape[0])
        seen.cache = type(kwargs.get("past_key_values")).__name__

    def after(_module: Any, _args: Any, _kwargs: Any, out: Any) -> None:
        seen.computed |= {k for k in ("attentions", "hidden_states") if out.get(k) is not None}

    model._prepare_generation_config = spy
    model.register_forward_pre_hook(before, with_kwargs=True)
    model.register_forward_hook(after, with_kwargs=True)
    ids = torch.tensor([[5, 6, 7, 8]])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **arguments)
    if not torch.is_tensor(out):
        seen.returned = {key for key, value in out.items() if value is not None}
    seen.new_tokens = (out if torch.is_tensor(out) else out.sequences).shape[1] - PROMPT
    return seen


BEAMS = {"num_beams": 4}
FLAGGED = {"_from_model_config": True}
WORK: dict[str, tuple[Values | None, Values, int, int]] = {
    "plain": ({}, {}, 1, 1),
    "beams": (BEAMS, {}, 4, 4),
    "beams in config.json, no file": (None, BEAMS, 4, 4),
    "beams in config.json beside a file": ({}, BEAMS, 1, 1),
    "beams in config.json, file thrown away": (FLAGGED, BEAMS, 4, 1),
    "sequences by chance": ({"num_return_sequences": 3, "do_sample": True}, {}, 3, 3),
    "greedy sequences": ({"num_return_sequences": 3}, {}, 0, 0),
    "sequences of beams": ({**BEAMS, "num_return_sequences": 2}, {}, 4, 4),
    "groups": ({**BEAMS, "num_beam_groups": 2, "diversity_penalty": 0.5}, {}, 4, 0),
    "contrastive": ({"penalty_alpha": 0.6, "top_k": 4}, {}, 4, 0),
    "contrastive by chance": ({"penalty_alpha": 0.6, "top_k": 4, "do_sample": True}, {}, 1, 1),
    "dola": ({"dola_layers": "high"}, {}, 1, 0),
    "constrained": ({"force_words_ids": [[5]], "num_beams": 2}, {}, 2, 0),
    "guided": ({"guidance_scale": 1.5}, {}, 2, 2),
    "not guided": ({"guidance_scale": 1.0}, {}, 1, 1),
    "text": ({"num_beams": "4"}, {}, 0, 0),
    "zero": ({"num_beams": 0}, {}, 0, 0),
    "null beams": ({"num_beams": None}, {}, 0, 1),
    "null sequences": ({"num_return_sequences": None}, {}, 0, 1),
    "null groups": ({"num_beam_groups": None}, {}, 1, 1),
    "lookup": ({"prompt_lookup_num_tokens": 3}, {}, 1, 1),
}


@pytest.mark.parametrize("case", WORK)
def test_the_work_of_a_step(case: str, made: Any) -> None:
    generation, config, v4, v5 = WORK[case]
    expected = v4 if MAJOR == 4 else v5
    folder = made(generation, config)
    extras = work(judged(folder).settings, GENERATE)
    findings = [f for f in num_beams_left.check(judged(folder), None) if GENERATE in f.affects]
    if expected == 0:
        with pytest.raises((ValueError, TypeError, ZeroDivisionError)):
            observe(folder, **FOUR)
        assert any(extra.trouble for extra in extras)
        assert Severity.ERROR in {finding.severity for finding in findings}
        return
    seen = observe(folder, **FOUR)
    passes = 2 if case == "guided" else 1
    if "lookup" not in case:
        assert len(seen.batches) in {4 * passes, 5}
    assert max(seen.batches) * passes == expected
    assert max((extra.factor for extra in extras), default=1) == expected
    assert not any(extra.trouble for extra in extras)
    assert bool(findings) is (expected > 1)


LIMITS: dict[str, tuple[Values | None, Values]] = {
    "nothing": ({}, {}),
    "no file": (None, {}),
    "total in config.json, no file": (None, {"max_length": 40}),
    "total in config.json beside a file": ({}, {"max_length": 40}),
    "new in config.json, no file": (None, {"max_new_tokens": 7}),
    "total": ({"max_length": 30}, {}),
    "new": ({"max_new_tokens": 7}, {}),
    "both": ({"max_new_tokens": 7, "max_length": 30}, {}),
    "new null": ({"max_new_tokens": None}, {}),
}


@pytest.mark.parametrize("case", LIMITS)
def test_the_limit_of_an_answer(case: str, made: Any) -> None:
    folder = made(*LIMITS[case])
    limit = answer_limit(judged(folder).settings, GENERATE)
    assert limit is not None
    prompt = PROMPT if limit.key == "max_length" else 0
    assert observe(folder).new_tokens == limit.tokens - prompt


def test_a_total_of_null(made: Any) -> None:
    folder = made({"max_length": None})
    if MAJOR == 5:
        assert observe(folder).new_tokens == 20
    else:
        with pytest.raises(TypeError):
            observe(folder)
        assert observe(folder, max_new_tokens=3).new_tokens == 3


KINDS = [
    "static", "hybrid", "hybrid_chunked", "sliding_window", "mamba", "quantized", "dynamic",
    "dynamic_full", "offloaded", "offloaded_static", "paged", "nonsense",
]  # fmt: skip
NEEDS_A_MACHINE = {"quantized", "offloaded", "offloaded_static"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_cache(kind: str, made: Any) -> None:
    merged = judged(made({CACHE_IMPLEMENTATION: kind}))
    setting = merged.settings[CACHE_IMPLEMENTATION][GENERATE]
    findings = [f for f in cache_implementation_odd.check(merged, None) if GENERATE in f.affects]
    try:
        seen = observe(merged.checkpoint.root, **FOUR)
    except Exception:  # noqa: BLE001 - that it fails is the observation
        assert setting.fails or kind in NEEDS_A_MACHINE
        assert findings[0].severity is (Severity.ERROR if setting.fails else Severity.WARNING)
        return
    assert not setting.fails
    if kind in {"dynamic", "paged", "hybrid"}:
        assert seen.cache == "DynamicCache"
        assert not findings
    elif kind not in NEEDS_A_MACHINE:
        assert seen.cache != "DynamicCache"


def test_hybrid_for_a_model_with_a_window(made: Any) -> None:
    merged = judged(made({CACHE_IMPLEMENTATION: "hybrid"}, {"sliding_window": 64}))
    assert not merged.settings[CACHE_IMPLEMENTATION][GENERATE].fails
    assert not list(cache_implementation_odd.check(merged, None))
    cache = observe(merged.checkpoint.root, **FOUR).cache
    if MAJOR == 5 or transformers.__version__.startswith("4.52"):
        assert cache == ("DynamicCache" if MAJOR == 5 else "HybridCache")


def test_no_cache_no_kind_of_it(made: Any) -> None:
    merged = judged(made({CACHE_IMPLEMENTATION: "static", "use_cache": False}))
    assert observe(merged.checkpoint.root, **FOUR).cache == "NoneType"
    assert not list(cache_implementation_odd.check(merged, None))


WHERE = ("config.json", "config.json, no file", "generation_config.json", "a dict")


def flagged(where: str, key: str) -> tuple[Values | None, Values]:
    """Return generation_config.json and config.json with the flag in one of them."""
    if where.startswith("config.json"):
        return (None if "no file" in where else {}), {key: True}
    return {key: True, **({"return_dict_in_generate": True} if "dict" in where else {})}, {}


NAMES = {
    "output_attentions": "attentions",
    "output_hidden_states": "hidden_states",
    "output_scores": "scores",
    "output_logits": "logits",
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("key", [*COMPUTED, *COLLECTED])
def test_the_outputs(key: str, where: str, made: Any) -> None:
    merged = judged(made(*flagged(where, key)))
    findings = list(output_attentions_persisted.check(merged, None))
    seen = observe(merged.checkpoint.root, **FOUR)
    found = NAMES[key] in (seen.computed | seen.returned)
    assert bool(findings) is found
    if NAMES[key] in seen.returned:
        assert keeps(findings)
    if key in COMPUTED:
        assert NAMES[key] in seen.computed


def keeps(findings: list[Finding]) -> bool:
    return any("keeps" in f.message and GENERATE in f.affects for f in findings)


def test_what_the_library_itself_writes_is_no_finding(weights: Path, tmp_path: Path) -> None:
    """Loaded and saved again: version 5 writes output_attentions: false and the like."""
    model = transformers.AutoModelForCausalLM.from_pretrained(weights)
    model.save_pretrained(tmp_path)
    merged = judged(tmp_path)
    for rule in (num_beams_left, output_attentions_persisted, cache_implementation_odd):
        assert not list(rule.check(merged, None))


def test_flags_of_config_survive_a_save(weights: Path, tmp_path: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(weights, output_hidden_states=True)
    model.save_pretrained(tmp_path)
    findings = list(output_attentions_persisted.check(judged(tmp_path), None))
    assert [f.evidence[0].file for f in findings if "config.json" in f.message][:1]


def saved(model: Any, folder: Path) -> dict[str, Any]:
    model.save_pretrained(folder)
    return json.loads((folder / "generation_config.json").read_text())


def test_what_a_script_leaves_in_a_saved_model(made: Any, tmp_path: Path) -> None:
    """Loaded, set for an experiment, saved; then loaded and saved without a change."""
    source = made({"max_new_tokens": 64, "do_sample": False, "repetition_penalty": 1.05})
    model = transformers.AutoModelForCausalLM.from_pretrained(source)
    assert saved(model, tmp_path / "again")["max_new_tokens"] == 64
    model.generation_config.num_beams = 2
    model.generation_config.max_new_tokens = 512
    model.generation_config.do_sample = True
    model.generation_config.repetition_penalty = 1.3
    assert saved(model, tmp_path / "set")["num_beams"] == 2
    assert told(tmp_path / "again", source) == set()
    assert told(tmp_path / "set", source) == {
        "num-beams-left",
        "max-new-tokens-or-max-length-changed",
        "sampling-params-changed",
    }


def told(merged: Path, source: Path) -> set[str]:
    """The rules that this family of parameters is about and that are not silent."""
    mine = ("beams", "max-", "sampling", "output", "cache-impl", "regenerated")
    outcomes = check(merged, source).outcomes
    return {o.rule for o in outcomes if o.findings and any(name in o.rule for name in mine)}


EVERYTHING = {
    "do_sample": True, "temperature": 0.7, "top_k": 30, "top_p": 0.9, "min_p": 0.05,
    "repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "num_return_sequences": 2,
    "max_length": 50, "output_scores": True, "return_dict_in_generate": True,
}  # fmt: skip


NULLS = {"do_sample": None, "temperature": None, "top_k": None, "repetition_penalty": None}


@pytest.mark.parametrize("written", [EVERYTHING, NULLS, {}, None])
def test_every_parameter_is_prepared_as_resolved(written: Values | None, made: Any) -> None:
    folder = made(written, EVERYTHING if written is None else {"num_beams": 3})
    settings = judged(folder).settings
    prepared = observe(folder, **FOUR).prepared
    for key in set(GENERATION_KEYS + FURTHER_KEYS) - {"max_new_tokens", "max_length"}:
        real = getattr(prepared, key, None)
        expected = effective(settings, key, GENERATE).value
        assert expected == real or {expected, real} <= {None, False}, key
