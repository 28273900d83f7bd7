"""What a decode step reads, counted on real, tiny models."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import families, tiny  # noqa: E402
from slowlens.measure.worker.metered import metered  # noqa: E402
from slowlens.measure.worker.weighing import cache_size, placed, weight  # noqa: E402

V5 = not transformers.__version__.startswith("4.")
HIDDEN = 64
VOCABULARY = len(tiny.tokenizer())
TABLE = VOCABULARY * HIDDEN
PROMPT = [[1, 2, 3, 4, 5]]


def llama(**changes: Any) -> Any:
    settings = tiny.text_settings(tiny.tokenizer(), **changes)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings))


def parameters(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_of_a_lookup_table_one_row_is_read() -> None:
    model = llama()
    found = weight(model)
    assert found.parameters == parameters(model) - TABLE
    assert found.head == TABLE
    assert found.read == 4 * found.parameters
    assert weight(model.to(torch.bfloat16)).read == 2 * found.parameters


def test_a_tied_table_is_the_head_too() -> None:
    model = llama(tie_word_embeddings=True)
    assert weight(model).parameters == parameters(model)
    assert weight(model).head == TABLE


def test_position_embeddings_are_a_table() -> None:
    model = families.text_model("gpt2")
    positions = model.transformer.wpe.weight.numel()
    assert positions > TABLE
    tied = 0 if model.lm_head.weight is model.transformer.wte.weight else TABLE
    assert weight(model).parameters == parameters(model) - positions - tied


@pytest.mark.parametrize(
    ("family", "share"), [("qwen3_moe", 2 / 8), ("mixtral", 2 / 4), ("jamba", 1 / 2)]
)
def test_of_the_experts_the_chosen_are_read(family: str, share: float) -> None:
    model = families.text_model(family)
    named = dict(model.named_parameters())
    experts = sum(tensor.numel() for name, tensor in named.items() if ".experts." in name)
    assert experts > 0
    expected = parameters(model) - TABLE - (1 - share) * experts
    assert weight(model).parameters == round(expected)


def test_the_router_of_experts_is_read_whole() -> None:
    few = families.text_model("qwen3_moe", num_hidden_layers=1)
    more = families.text_model("qwen3_moe", num_hidden_layers=1, num_experts=16)
    assert weight(more).parameters - weight(few).parameters == 8 * HIDDEN


def test_what_sees_a_picture_is_not_read_in_a_step(tmp_path: Path) -> None:
    folder = tiny.llava(tmp_path)
    model = transformers.LlavaForConditionalGeneration.from_pretrained(folder)
    plain = llama()
    assert parameters(model) > parameters(plain)
    assert weight(model).parameters == weight(plain).parameters


def test_an_encoder_is_not_read_in_a_step(tmp_path: Path) -> None:
    model = transformers.T5ForConditionalGeneration.from_pretrained(families.t5(tmp_path))
    decoder = parameters(model.decoder) - model.decoder.embed_tokens.weight.numel()
    bias = sum(m.weight.numel() for n, m in model.decoder.named_modules() if "attention_bias" in n)
    head = model.lm_head.weight.numel()
    assert weight(model).parameters == decoder - bias + head


def test_weights_are_where_they_are() -> None:
    model = llama()
    assert placed(model) == {"cpu": 4 * parameters(model)}


def test_what_accelerate_moved_away_is_where_it_said() -> None:
    with torch.device("meta"):
        model = llama()
    size = 4 * parameters(model)
    model.hf_device_map = {"": "disk"}
    assert placed(model) == {"disk": size}
    first = sum(4 * p.numel() for p in model.model.layers[0].parameters())
    head = 4 * model.lm_head.weight.numel()
    model.hf_device_map = {
        "model": "disk",
        "model.layers.0": "cpu",
        "model.layers.1": "disk",
        "lm_head": 1,
    }
    assert placed(model) == {"cpu": first, "cuda:1": head, "disk": size - first - head}


def test_a_layer_that_really_is_on_the_disk(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    parts = {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "model.layers.1": "disk"}
    parts |= {"model.norm": "cpu", "model.rotary_emb": "cpu", "lm_head": "cpu"}
    model = transformers.LlamaForCausalLM.from_pretrained(
        tiny.llama(tmp_path / "m", {}), device_map=parts, offload_folder=tmp_path / "disk"
    )
    size = sum(p.numel() * p.element_size() for p in model.model.layers[1].parameters())
    found = placed(model)
    assert found["disk"] == size
    assert sum(found.values()) == 107_200 * model.lm_head.weight.element_size()


def test_a_layer_is_not_mistaken_for_one_whose_number_begins_alike() -> None:
    with torch.device("meta"):
        model = llama(num_hidden_layers=11)
    model.hf_device_map = {"model.layers.1": "cpu", "model.norm": "disk"}
    layer = sum(4 * p.numel() for p in model.model.layers[0].parameters())
    assert placed(model)["cpu"] == layer


def test_without_a_map_what_is_nowhere_is_on_the_disk() -> None:
    with torch.device("meta"):
        model = llama()
    assert placed(model) == {"disk": 4 * parameters(model)}


KEYS = 2 * 2 * 2 * 16 * 4
"""Bytes a token: keys and values, layers, heads, width, float32."""


def cache_of(model: Any, prompt: Any = None, **told: Any) -> Any:
    """Return what the meter finds of the cache of a real generation."""
    meter = metered(model, torch.device("cpu"))
    meter.start()
    ids = torch.tensor(prompt or PROMPT)
    told |= {"max_new_tokens": 3, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    model.eval().generate(ids, attention_mask=torch.ones_like(ids), **told)
    return meter.cache


def test_a_dynamic_cache_holds_the_tokens_so_far() -> None:
    assert cache_size(cache_of(llama())) == KEYS * 7


def test_a_static_cache_holds_its_whole_length() -> None:
    cache = cache_of(llama(), cache_implementation="static")
    counters = cache_size(cache) - KEYS * cache.layers[0].max_cache_len if V5 else 0
    assert 0 <= counters <= 64
    assert cache_size(cache) >= KEYS * 7


@pytest.mark.parametrize("family", ["mamba", "falcon_h1", "jamba"])
def test_states_are_counted_and_do_not_grow(family: str) -> None:
    if not hasattr(transformers, families.STATEFUL[family][1]):
        pytest.skip("unknown to this transformers")
    model = families.text_model(family).eval()
    short, long = cache_size(cache_of(model)), cache_size(cache_of(model, [[*PROMPT[0]] * 2]))
    assert short > 0
    assert (long == short) == (family == "mamba")


def test_a_tensor_that_is_kept_twice_counts_once() -> None:
    tensor = torch.zeros(8)
    cache = SimpleNamespace(keys=[tensor], again={"same": tensor}, model=torch.nn.Linear(2, 2))
    assert cache_size(cache) == 32
    assert cache_size(None) == 0
