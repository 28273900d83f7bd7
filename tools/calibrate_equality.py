# ruff: noqa: ANN401, the classes of transformers are taken as they come
"""Measure how far cached and uncached lie apart in sound models and in ones with a planted defect.

    python tools/calibrate_equality.py [--checkpoint FOLDER ...] > table.md

Tiny models with random weights of each family of the installed transformers that is named below,
and checkpoints with real weights; in float32 and bfloat16, on the CPU.
docs/equality-calibration.md has the table that the thresholds of facts/live/agreement.py come from.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, DynamicCache

from slowlens.errors import WorkerError
from slowlens.facts.live.agreement import judge
from slowlens.facts.live.equality import Equality
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.worker.equality import equality
from slowlens.measure.worker.meter import metered

DTYPES = (torch.float32, torch.bfloat16, torch.float16)
TOKENS = 32
PROMPT = 48
SEEDS = 3
HEAD = 3.0
"""Standard deviation of the logits of a random model: as peaked as those of a trained one."""
SMALL: dict[str, Any] = {
    "vocab_size": 1000,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 1024,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}
EXPERTS = {"num_local_experts": 8, "num_experts": 8, "num_experts_per_tok": 2}
STATES = {"state_size": 16, "expand": 2, "num_heads": 8, "time_step_rank": 8}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {},
    "mistral": {"sliding_window": 32},
    "gemma2": {"sliding_window": 32},
    "gemma3_text": {"sliding_window": 32, "query_pre_attn_scalar": 32},
    "gemma3n_text": {
        "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "intermediate_size": [256] * 4,
        "activation_sparsity_pattern": [0.0] * 4,
        "hidden_size_per_layer_input": 16,
        "vocab_size_per_layer_input": 1000,
        "laurel_rank": 8,
    },
    "gemma4_text": {
        "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "hidden_size_per_layer_input": 16,
        "vocab_size_per_layer_input": 1000,
    },
    "phi3": {},
    "gpt2": {"n_embd": 128, "n_layer": 4, "n_head": 4, "n_positions": 1024},
    "mixtral": EXPERTS,
    "qwen3_moe": EXPERTS | {"moe_intermediate_size": 128},
    "gpt_oss": EXPERTS,
    "mamba": STATES,
    "falcon_h1": {
        "mamba_d_ssm": 128, "mamba_n_heads": 4, "mamba_d_state": 16, "mamba_d_head": 32,
    },
    "bamba": {
        "mamba_n_heads": 8, "mamba_d_head": 32, "mamba_d_state": 16, "attn_layer_indices": [2],
    },
    "qwen3_next": EXPERTS | {"moe_intermediate_size": 128, "linear_num_value_heads": 4,
        "linear_num_key_heads": 2, "linear_key_head_dim": 32, "linear_value_head_dim": 32},
    "recurrent_gemma": {"lru_width": 128, "attention_window_size": 32},
}  # fmt: skip


def random_model(family: str, seed: int, **changes: Any) -> Any:
    """Return a tiny model of ``family`` in float32 whose answers are not all the same."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(family, **SMALL | FAMILIES.get(family, {}) | changes)
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "A_log" not in name:
                parameter.normal_(0, 1 / math.sqrt(parameter.shape[-1]))
        model.get_output_embeddings().weight.mul_(HEAD)
    return model.eval()


def ready(model: Any, ids: list[int]) -> Any:
    """Return what the comparison needs of a loaded model."""
    return SimpleNamespace(
        model=model,
        prompt=SimpleNamespace(ids=tuple(ids), tensors={}),
        meter=metered(model, model.device),
        device=model.device,
        card=SimpleNamespace(subject="merged"),
        generation_config=model.generation_config,
        vocabulary=model.get_input_embeddings().weight.shape[0],
    )


@contextmanager
def sound(_: Any) -> Iterator[None]:
    """Leave the model as it is."""
    yield


def _low(states: torch.Tensor) -> torch.Tensor:
    return states.to(torch.float8_e4m3fn).to(states.dtype)


@contextmanager
def rounded(_: Any) -> Iterator[None]:
    """Keep keys and values in 8 bits."""
    update, rounds = DynamicCache.update, 0

    def low(self: Any, keys: Any, values: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return update(self, _low(keys), _low(values), *args, **kwargs)

    DynamicCache.update = low
    try:
        yield
    finally:
        DynamicCache.update = update
    _require(rounds)


def decoding(change: Callable[[dict[str, Any]], None]) -> Any:
    """Return a defect that changes the inputs of the steps that rely on the cache."""

    @contextmanager
    def planted(model: Any) -> Iterator[None]:
        prepare = model.prepare_inputs_for_generation

        def changed(ids: Any, *args: Any, **kwargs: Any) -> Any:
            inputs = prepare(ids, *args, **kwargs)
            if ids.shape[1] > 1 and inputs["input_ids"].shape[1] == 1:
                change(inputs)
            return inputs

        model.prepare_inputs_for_generation = changed
        yield

    return planted


def shifted(inputs: dict[str, Any]) -> None:
    """Position one too far."""
    _require("position_ids" in inputs or None)
    inputs["position_ids"] = inputs["position_ids"] + 1


def restarted(inputs: dict[str, Any]) -> None:
    """Count positions from the end of the prompt."""
    _require("position_ids" in inputs or None)
    inputs["position_ids"] = inputs["position_ids"] - PROMPT


def forgotten(inputs: dict[str, Any]) -> None:
    """Overwrite one token of the prompt with the next."""
    layers = _layers(inputs, "keys")
    if max(layer.keys.shape[-2] for layer in layers) <= PROMPT:
        for layer in layers:
            layer.keys[..., -6, :] = layer.keys[..., -5, :]
            layer.values[..., -6, :] = layer.values[..., -5, :]


def worn(inputs: dict[str, Any]) -> None:
    """Keep the recurrent state in 8 bits."""
    for layer in _layers(inputs, "recurrent_states"):
        layer.recurrent_states.copy_(_low(layer.recurrent_states))


def _layers(inputs: dict[str, Any], name: str) -> list[Any]:
    cache = inputs.get("past_key_values")
    cache = inputs.get("cache_params") if cache is None else cache
    layers = getattr(cache, "layers", ())
    found = [layer for layer in layers if isinstance(getattr(layer, name, None), torch.Tensor)]
    _require(found)
    return found


class _NoSuchPartError(Exception):
    pass


def _require(part: object) -> None:
    if part is None or part in ([], 0):
        raise _NoSuchPartError


DEFECTS: dict[str, Any] = {
    "none": sound,
    "K/V in fp8": rounded,
    "position +1": decoding(shifted),
    "a token lost": decoding(forgotten),
    "positions from 0": decoding(restarted),
    "state in fp8": decoding(worn),
}


def row(name: str, defect: str, found: list[Equality]) -> str:
    """Return a line of the table: the range over the runs, and how each was judged."""
    cached, floor = [e.cached for e in found], [e.floor for e in found]
    means, medians = [c.kl_mean for c in cached], [c.kl_median or 0.0 for c in cached]
    figures = (
        f"{min(medians):.1e} to {max(medians):.1e}",
        f"{min(means):.1e} to {max(means):.1e}",
        f"{max(c.kl_max for c in cached):.1e}",
        f"{max(f.kl_median or 0.0 for f in floor):.1e}",
        f"{max(f.kl_mean for f in floor):.1e}",
        f"{max(f.kl_max for f in floor):.1e}",
        f"{max(e.prefill.kl_max for e in found if e.prefill):.1e}",
        f"{sum(c.flips for c in cached)}/{sum(e.tokens for e in found)}",
        f"{max(c.flip_margin for c in cached):.2g}",
    )
    verdicts = [str(judge(e, None).verdict) for e in found]
    told = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
    return f"| {name} | {found[0].dtype} | {defect} | {' | '.join(figures)} | {told} |"


def measure(name: str, make: Callable[[int], tuple[Any, list[int]]], seeds: int) -> None:
    """Print the lines of one family or checkpoint, but for defects that it cannot have."""
    for dtype, (defect, planted) in product(DTYPES, DEFECTS.items()):
        if dtype is torch.float16 and planted is not sound:  # as in bfloat16
            continue
        found: list[Equality] = []
        try:
            for seed in range(seeds):
                model, ids = make(seed)
                model = model.to(dtype)
                with planted(model):
                    found.append(equality(ready(model, ids), "merged", TOKENS))
        except (_NoSuchPartError, WorkerError) as error:
            if _NoSuchPartError not in (type(error), type(error.__cause__)):
                print(f"| {name} | {dtype} | {defect} | {str(error)[:200]} |", flush=True)
        else:
            print(row(name, defect, found), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    parser.add_argument("--family", action="append", default=[])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}\n")
    columns = "model|dtype|planted|KL median|KL mean|KL max|floor: median|floor: mean|floor: max"
    columns += "|prefill: max|flips|largest lead overtaken|judged"
    print(f"|{columns}|")
    print("|---" * (columns.count("|") + 1) + "|")
    for folder in chosen.checkpoint:
        text = AutoTokenizer.from_pretrained(folder)(DEFAULT_PROMPT)["input_ids"]

        def real(seed: int, folder: Path = folder, text: list[int] = text) -> tuple[Any, list[int]]:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()
            return model, text[seed * PROMPT :][:PROMPT]

        measure(folder.name, real, 4)
    for family in chosen.family or FAMILIES:

        def made(seed: int, family: str = family) -> tuple[Any, list[int]]:
            model = random_model(family, seed)
            return model, torch.randint(3, 1000, (PROMPT,)).tolist()

        measure(family, made, SEEDS)


if __name__ == "__main__":
    main()
