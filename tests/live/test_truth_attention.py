"""Attention kernels, windows, layer types and experts: what the library does with the keys."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from slowlens import check
from slowlens.diagnose import ranked
from slowlens.facts.layers.windows import layers
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.loading import AUTOSET, attention_settings
from slowlens.findings import Finding, Severity
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

VERSION = tuple(map(int, transformers.__version__.split(".")[:2]))
MAJOR = VERSION[0]
READER = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
TEXT = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
FULL, SLIDING = "full_attention", "sliding_attention"
PUBLIC, PRIVATE = "attn_implementation", "_attn_implementation"
INTERNAL = "_attn_implementation_internal"


@pytest.fixture(autouse=True, scope="module")
def quiet() -> None:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity(60)
    transformers.utils.logging.disable_progress_bar()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Save each kind of model once; a call gives a copy whose config.json may be changed."""
    made: dict[str, Path] = {}

    def give(folder: Path, name: str, *drop: str, **changes: Any) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            torch.manual_seed(0)
            model_of(name).save_pretrained(made[name])
        folder.mkdir(exist_ok=True)
        for file in made[name].iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        config = json.loads((folder / "config.json").read_text())
        config = {key: value for key, value in config.items() if key not in drop} | changes
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return give


def model_of(name: str) -> Any:
    if name == "llava":
        vision = transformers.CLIPVisionConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
            image_size=16, patch_size=8,
        )  # fmt: skip
        text = transformers.LlamaConfig(**TEXT)
        config = transformers.LlavaConfig(
            vision_config=vision, text_config=text, image_token_index=63
        )
        return transformers.LlavaForConditionalGeneration(config)
    more: dict[str, Any] = {
        "qwen3_moe": EXPERTS,
        "mixtral": {"num_local_experts": 4},
        "gemma3_text": {"head_dim": 8},
    }.get(name, {})
    config = transformers.AutoConfig.for_model(name, **TEXT, **more)
    return transformers.AutoModelForCausalLM.from_config(config)


def load(folder: Path) -> Any:
    if json.loads((folder / "config.json").read_text())["model_type"] == "llava":
        return transformers.LlavaForConditionalGeneration.from_pretrained(folder).eval()
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval()


def generate(model: Any) -> Any:
    with torch.no_grad():
        return model.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=3, pad_token_id=0)


def of_rule(rule: str, folder: Path, source: Path | None = None) -> list[Finding]:
    outcomes = check(folder, source).outcomes
    assert not [o for o in outcomes if (o.rule, o.status) == (rule, "crashed")]
    return [finding for name, finding in ranked(outcomes) if name == rule]


@pytest.mark.parametrize("name", ["llama", "llava"])
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {PUBLIC: "eager"},
        {PRIVATE: "eager"},
        {INTERNAL: "eager"},
        {PUBLIC: "eager", PRIVATE: "sdpa"},
        {PUBLIC: "sdpa", PRIVATE: "eager"},
        {PRIVATE: "eager", INTERNAL: "sdpa"},
        {INTERNAL: "eager", PRIVATE: "sdpa"},
        {AUTOSET: True},
        {"text_config": PUBLIC},
        {"text_config": PRIVATE},
    ],
    ids=lambda keys: "+".join(f"{k}={v}" for k, v in keys.items()) or "none",
)
def test_which_key_is_obeyed(name: str, keys: dict[str, Any], saved: Any, tmp_path: Path) -> None:
    if name == "llama" and "text_config" in keys:
        pytest.skip("it has no such part")
    folder = saved(tmp_path, name)
    config = json.loads((folder / "config.json").read_text())
    if "text_config" in keys:
        config.setdefault("text_config", {})[keys["text_config"]] = "eager"
    else:
        config |= keys
    (folder / "config.json").write_text(json.dumps(config))
    predicted = attention_settings(read_checkpoint(folder))[READER]
    real = load(folder).config._attn_implementation
    left = AUTOSET in keys and MAJOR == 4
    assert bool(predicted.note) is left
    if left:
        assert real == ("eager" if VERSION <= (4, 52) else "sdpa")
    else:
        assert real == ("sdpa" if predicted.value == "auto" else predicted.value)
    findings = of_rule("eager-attention-forced", folder)
    assert any(READER in finding.affects for finding in findings) is (left or real == "eager")


@pytest.mark.parametrize("key", [PUBLIC, PRIVATE, INTERNAL])
@pytest.mark.parametrize("value", ["flash_attention_2", "fast", "flex_attention"])
def test_a_kernel_that_is_not_there_does_not_load(
    key: str, value: str, saved: Any, tmp_path: Path
) -> None:
    if transformers.utils.is_flash_attn_2_available():
        pytest.skip("flash-attn is installed")
    folder = saved(tmp_path, "llama", **{key: value})
    findings = of_rule("flash-attn-key-unloadable", folder)
    loads = True
    try:
        load(folder)
    except (ImportError, ValueError):
        loads = False
    assert any(READER in finding.affects for finding in findings) is not loads
    assert all(finding.severity is Severity.ERROR for finding in findings)


def sees(folder: Path) -> bool:
    """Whether the last of some tokens can tell which token came first, many windows before."""
    ids = torch.arange(1, 57)[None]
    other = ids.clone()
    other[0, 0] = 60
    with torch.no_grad():
        model = load(folder)
        return not torch.equal(model(ids).logits[0, -1], model(other).logits[0, -1])


WINDOWS = {
    "mistral-null": ("mistral", {"sliding_window": None}),
    "mistral-8": ("mistral", {"sliding_window": 8}),
    "mistral-absent": ("mistral", {}),
    "qwen-off": ("qwen2", {"sliding_window": 8, "use_sliding_window": False}),
    "qwen-no-switch": ("qwen2", {"sliding_window": 8}),
    "qwen-all": ("qwen2", {"sliding_window": 8, "use_sliding_window": True,
                           "max_window_layers": 0}),
    "qwen-half": ("qwen2", {"sliding_window": 8, "use_sliding_window": True,
                            "max_window_layers": 2}),
    "qwen-beyond": ("qwen2", {"sliding_window": 8, "use_sliding_window": True,
                              "max_window_layers": 28}),
    "phi3-absent": ("phi3", {}),
    "phi3-8": ("phi3", {"sliding_window": 8}),
    "mixtral-8": ("mixtral", {"sliding_window": 8}),
}  # fmt: skip
KINDS = ("gemma2", "gemma3_text", "gpt_oss")
LONGEST = TEXT["max_position_embeddings"]
LATER = {"qwen-half", "qwen-beyond"}
"""transformers 4.52 lets all of these layers slide."""


@pytest.mark.parametrize("case", WINDOWS)
def test_how_far_back_the_model_really_sees(case: str, saved: Any, tmp_path: Path) -> None:
    name, keys = WINDOWS[case]
    drop = ("sliding_window", "use_sliding_window", "max_window_layers", "layer_types")
    folder = saved(tmp_path, name, *drop, **keys)
    found = layers(read_checkpoint(folder), read_defaults(5))
    far = found.window is None or found.sliding != found.count
    if case in LATER and VERSION <= (4, 52):
        far = False
    assert sees(folder) is far


def test_a_dropped_null_is_a_window_of_4096(saved: Any, tmp_path: Path) -> None:
    longer = {"max_position_embeddings": 32768}
    source = saved(tmp_path / "source", "mistral", sliding_window=None, **longer)
    merged = saved(tmp_path / "merged", "mistral", "sliding_window", **longer)
    windows = [transformers.AutoConfig.from_pretrained(f).sliding_window for f in (source, merged)]
    assert windows == [None, 4096]
    (finding,) = of_rule("sliding-window-changed", merged, source)
    assert "4096 tokens back" in finding.message
    assert not of_rule("sliding-window-changed", source, source)


def test_random_windows_are_those_of_the_config_class(tmp_path: Path) -> None:
    if VERSION <= (4, 52):
        pytest.skip("transformers 4.52 keeps the numbers and decides in the model")
    dice = random.Random(5)
    for _ in range(150):
        name = dice.choice(
            ["mistral", "qwen2", "qwen3", "phi3", "gemma2", "gemma3_text", "gpt_oss"]
        )
        keys = {
            "sliding_window": dice.choice(["absent", None, 8, 64]),
            "use_sliding_window": dice.choice(["absent", True, False]),
            "max_window_layers": dice.choice(["absent", 0, 2, 9]),
            "layer_types": dice.choice(["absent", "absent", [FULL] * 4, [SLIDING, FULL] * 2]),
        }
        if name in KINDS and keys["sliding_window"] is None:
            continue
        values = {key: value for key, value in keys.items() if value != "absent"}
        config = {"model_type": name, **TEXT, "head_dim": 8, **values}
        (tmp_path / "config.json").write_text(json.dumps(config))
        real = transformers.AutoConfig.from_pretrained(tmp_path)
        types = getattr(real, "layer_types", None)
        if types is None or name in {"mistral", "phi3"}:
            types = [SLIDING] * 4
        window = real.sliding_window if SLIDING in types else None
        window = window if window is None or window < LONGEST else None
        found = layers(read_checkpoint(tmp_path), read_defaults(5))
        sliding = types.count(SLIDING) if window else 0
        assert (found.window, found.sliding) == (window, sliding), config


@pytest.mark.parametrize("name", ["llama", "qwen2", "gemma3_text"])
@pytest.mark.parametrize("length", [0, 3, 4, 5])
def test_a_list_of_another_length_does_not_load(
    name: str, length: int, saved: Any, tmp_path: Path
) -> None:
    folder = saved(tmp_path, name, layer_types=[FULL] * length)
    findings = of_rule("layer-types-wrong-length", folder)
    assert bool(findings) is (length != 4)
    if MAJOR == 5 and findings:
        with pytest.raises(Exception, match="layer_types"):
            load(folder)
    elif MAJOR == 5 or VERSION <= (4, 52):
        generate(load(folder))


@pytest.mark.parametrize("name", ["qwen3_moe", "mixtral", "llama"])
def test_router_scores_stop_transformers_4(name: str, saved: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path, name, output_router_logits=True)
    findings = of_rule("moe-output-router-logits", folder)
    affected = {runtime for finding in findings for runtime in finding.affects}
    assert (READER in affected) is (name != "llama")
    if MAJOR == 4 and name != "llama":
        with pytest.raises(RuntimeError, match="size of tensor"):
            generate(load(folder))
    else:
        generate(load(folder))
    assert not of_rule("moe-output-router-logits", saved(tmp_path, name))


def test_trainers_switch_survives_save_pretrained(saved: Any, tmp_path: Path) -> None:
    model = load(saved(tmp_path / "before", "mixtral"))
    model.config.output_router_logits = True
    model.save_pretrained(tmp_path / "after")
    assert of_rule("moe-output-router-logits", tmp_path / "after")[0].severity is Severity.ERROR


@pytest.mark.parametrize("key", ["experts_implementation", "_experts_implementation"])
@pytest.mark.parametrize("value", ["eager", "batched_mm", "grouped_mm", "fast"])
def test_the_kernel_of_the_experts_is_obeyed_by_transformers_5(
    key: str, value: str, saved: Any, tmp_path: Path
) -> None:
    folder = saved(tmp_path, "qwen3_moe", **{key: value})
    findings = of_rule("moe-experts-implementation", folder)
    assert bool(findings) is (value != "grouped_mm")
    assert all(Runtime.TRANSFORMERS_4 not in finding.affects for finding in findings)
    if MAJOR == 5 and value == "fast":
        with pytest.raises(ValueError, match="not supported"):
            load(folder)
    else:
        model = load(folder)
        generate(model)
        if MAJOR == 5:
            assert model.config._experts_implementation == value
