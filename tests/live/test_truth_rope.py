"""Rotary positions: what the installed transformers computes with, against what the rules say.

Real models are saved in the spelling of transformers 5 (rewritten so where version 4 saved them),
loaded, and the frequencies of their rotary embeddings compared: with those of a model that was made
with the right settings, and after the fix. Then random spellings against the config classes.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairs import made
from slowlens import check
from slowlens.diagnose import ranked
from slowlens.facts.layers.rope import Rope, ropes_read
from slowlens.findings import Edit, Finding, Severity
from slowlens.gather.defaults import read_defaults
from slowlens.jsonvalue import ABSENT

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
RULE = "v5-saved-read-by-v4-rope"
TEXT = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 256,
    "head_dim": 16,
    "pad_token_id": 0,
}
VISION = {
    "depth": 1, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2,
    "out_hidden_size": 32, "fullatt_block_indexes": [0],
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
LONG = {"short_factor": [1.0] * 8, "long_factor": [2.0] * 8}
MROPE = {"rope_type": "default", "mrope_section": [2, 3, 3]}

OLDER: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {"rope_theta": 5e5}),
    "llama3": ("llama", {"rope_theta": 5e5, "rope_scaling": LLAMA3}),
    "qwen2": ("qwen2", {"rope_theta": 1e6}),
    "mistral": ("mistral", {"rope_theta": 1e6}),
    "glm4": ("glm4", {"rope_theta": 2e4, "partial_rotary_factor": 0.25}),
    "phi3": (
        "phi3",
        {
            "rope_theta": 1e4,
            "rope_scaling": {"type": "longrope", **LONG},
            "original_max_position_embeddings": 64,
        },
    ),
    "gemma3": (
        "gemma3_text",
        {
            "rope_theta": 2e6,
            "rope_local_base_freq": 5e3,
            "rope_scaling": {"rope_type": "linear", "factor": 8.0},
        },
    ),
    "qwen2_5_vl": ("qwen2_5_vl", {"rope_theta": 5e5, "rope_scaling": MROPE}),
}
NEWER: dict[str, dict[str, Any]] = {
    "llama": {"rope_theta": 5e5, "rope_type": "default"},
    "llama3": {"rope_theta": 5e5, **LLAMA3},
    "qwen2": {"rope_theta": 1e6, "rope_type": "default"},
    "mistral": {"rope_theta": 1e6, "rope_type": "default"},
    "glm4": {"rope_theta": 2e4, "rope_type": "default", "partial_rotary_factor": 0.25},
    "phi3": {
        "rope_theta": 1e4, "rope_type": "longrope", **LONG, "partial_rotary_factor": 1.0,
        "original_max_position_embeddings": 64,
    },
    "gemma3": {
        "full_attention": {"rope_theta": 2e6, "rope_type": "linear", "factor": 8.0},
        "sliding_attention": {"rope_theta": 5e3, "rope_type": "default"},
    },
    "qwen2_5_vl": {"rope_theta": 5e5, **MROPE},
}  # fmt: skip
OTHERS = ("visual", "original", ".layers.")
"""Frequencies of other parts, before scaling, and copies that layers keep."""
FAMILIES = pytest.mark.parametrize("family", OLDER)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> None:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity(60)
    transformers.utils.logging.disable_progress_bar()


def model_class(model_type: str) -> Any:
    if model_type == "qwen2_5_vl":
        return transformers.Qwen2_5_VLForConditionalGeneration
    return transformers.AutoModelForCausalLM


def settings(model_type: str, rope: dict[str, Any]) -> dict[str, Any]:
    text = {**TEXT, **rope}
    if model_type != "qwen2_5_vl":
        return {"model_type": model_type, **text}
    ids = {"image_token_id": 61, "video_token_id": 62, "vision_start_token_id": 60}
    text["model_type"] = "qwen2_5_vl_text"
    return {"model_type": model_type, "text_config": text, "vision_config": VISION, **ids}


def saved(folder: Path, family: str) -> Path:
    """Save a model with the older spelling, as both versions of the library understand it."""
    model_type, rope = OLDER[family]
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(settings(model_type, rope)))
    config = transformers.AutoConfig.from_pretrained(folder)
    kind = model_class(model_type)
    torch.manual_seed(0)
    model = kind._from_config(config) if model_type == "qwen2_5_vl" else kind.from_config(config)
    model.save_pretrained(folder)
    return folder


def respelled(folder: Path, family: str) -> Path:
    """Write config.json as transformers 5 does; there it is so already."""
    config = json.loads((folder / "config.json").read_text())
    if MAJOR < 5:
        for part in (config, config.get("text_config", {})):
            for key in OLDER[family][1]:
                if key != "original_max_position_embeddings":
                    part.pop(key, None)
        config.get("text_config", config)["rope_parameters"] = NEWER[family]
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def frequencies(folder: Path, family: str) -> list[list[float]]:
    """Return the frequencies of the text model's rotary embeddings, those of all layers first."""
    model = model_class(OLDER[family][0]).from_pretrained(folder)
    found = {
        name: [round(float(f), 7) for f in buffer]
        for name, buffer in model.named_buffers()
        if name.endswith("inv_freq") and not any(part in name for part in OTHERS)
    }
    return [found[name] for name in sorted(found, key=lambda name: ("local" in name, name))]


def of_rule(folder: Path, source: Path | None = None, name: str = RULE) -> list[Finding]:
    run = check(folder, source)
    assert not [o for o in run.outcomes if (o.rule, o.status) == (name, "crashed")]
    return [finding for rule, finding in ranked(run.outcomes) if rule == name]


def patch(folder: Path, edits: tuple[Edit, ...]) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    for edit in edits:
        *path, key = edit.pointer
        here = config
        for step in path:
            here = here[step]
        assert here.get(key, ABSENT) == edit.before
        if edit.after is ABSENT:
            del here[key]
        else:
            here[key] = edit.after
    file.write_text(json.dumps(config))


def default_frequencies(theta: float, part: float) -> list[float]:
    size = int(16 * part)
    return [1 / theta ** (index / size) for index in range(0, size, 2)]


@FAMILIES
def test_what_transformers_5_saves_is_misread_by_4_until_it_is_fixed(
    family: str, tmp_path: Path
) -> None:
    folder = saved(tmp_path / family, family)
    wanted = frequencies(folder, family)
    respelled(folder, family)
    config = json.loads((folder / "config.json").read_text())
    assert "rope_parameters" in config.get("text_config", config)
    assert "rope_theta" not in config.get("text_config", config)
    assert (frequencies(folder, family) == wanted) is (MAJOR == 5 or family == "phi3")
    if MAJOR == 4:
        predicted = ropes_read(config, 4, read_defaults(4))
        parts = [r for r in predicted if r.at in ((), ("text_config",))]
        for rope, real in zip(parts, frequencies(folder, family), strict=True):
            assert isinstance(rope.theta, (int, float))
            factor = rope.scaling.get("partial_rotary_factor", 1.0)
            assert isinstance(factor, float)
            assert real == pytest.approx(default_frequencies(rope.theta, factor), abs=1e-6)

    sure, _ = of_rule(folder)
    assert sure.fix is not None
    assert sure.fix.edits
    patch(folder, sure.fix.edits)
    assert frequencies(folder, family) == wanted
    assert not of_rule(folder)


@FAMILIES
def test_a_spelling_is_no_change_and_a_lost_key_is(family: str, tmp_path: Path) -> None:
    merged = saved(tmp_path / "merged", family)
    source = tmp_path / "source"
    source.mkdir()
    older = settings(*OLDER[family])
    (source / "config.json").write_text(json.dumps(older))
    changed = "rope-scaling-or-max-position-changed"
    assert not of_rule(merged, source, changed)
    assert not of_rule(respelled(merged, family), source, changed)
    assert not of_rule(source, merged, changed)

    config = json.loads((merged / "config.json").read_text())
    config.get("text_config", config).pop("rope_parameters")
    (merged / "config.json").write_text(json.dumps(config))
    (finding,) = of_rule(merged, source, changed)
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    patch(merged, finding.fix.edits)
    assert not of_rule(merged, source, changed)


def test_longrope_itself_comes_back_with_the_fix(tmp_path: Path) -> None:
    folder = respelled(saved(tmp_path / "phi3", "phi3"), "phi3")

    def kind() -> Any:
        config = transformers.AutoConfig.from_pretrained(folder)
        rope = config.rope_parameters if MAJOR == 5 else config.rope_scaling
        return rope and (rope.get("rope_type") or rope.get("type"))

    assert kind() == ("longrope" if MAJOR == 5 else None)
    (sure, _) = of_rule(folder)
    assert sure.fix is not None
    patch(folder, sure.fix.edits)
    assert kind() == "longrope"


def test_a_vision_language_model_generates_again(tmp_path: Path) -> None:
    folder = respelled(saved(tmp_path / "x", "qwen2_5_vl"), "qwen2_5_vl")

    def generate() -> Any:
        model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(folder).eval()
        return model.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=2, pad_token_id=0)

    if MAJOR == 4:
        with pytest.raises(TypeError):
            generate()
    sure, _ = of_rule(folder)
    assert "TypeError" in sure.cost
    assert sure.fix is not None
    patch(folder, sure.fix.edits)
    generate()


def test_a_base_like_the_class_default_is_read_alike(tmp_path: Path) -> None:
    config = transformers.LlamaConfig(**TEXT)
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path)
    assert not of_rule(tmp_path)


SPELLINGS = ("llama", "qwen2", "mistral", "gemma3_text", "qwen2_5_vl", "modernbert")


def spelled(dice: random.Random, model_type: str) -> dict[str, Any]:
    """Return rope keys as files have them, often more than one spelling of them."""
    linear = {"rope_type": "linear", "factor": 2.0}
    values: dict[str, list[Any]] = {
        "rope_theta": [2e4, 1e6],
        "rope_scaling": [None, None, linear, {**linear, "factor": 4.0}],
        "rope_parameters": [None, {"rope_type": "default", "rope_theta": 3e4}],
    }
    if model_type == "llama":
        values["rope_scaling"].append({**LLAMA3, "factor": 2.0})
        values["rope_parameters"].append({"rope_theta": 7e4, **LLAMA3})
    if model_type == "qwen2_5_vl":
        values["rope_scaling"] = [MROPE, {"type": "mrope", "mrope_section": [4, 2, 2]}]
    if model_type in {"gemma3_text", "modernbert"}:
        kinds = {
            "full_attention": {"rope_type": "default", "rope_theta": 3e4},
            "sliding_attention": {"rope_type": "default", "rope_theta": 4e4},
        }
        values["rope_parameters"] = [None, kinds]
    if model_type == "gemma3_text":
        values["rope_local_base_freq"] = [5e3]
    if model_type == "modernbert":
        values = {
            "global_rope_theta": [2e4],
            "local_rope_theta": [5e3],
            "rope_parameters": values["rope_parameters"],
        }
    chosen = {key: dice.choice(["absent", *options]) for key, options in values.items()}
    return {key: value for key, value in chosen.items() if value != "absent"}


def really(config: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield kind of layer, base and scaling as the config class of the library has them."""
    if MAJOR == 5:
        rope = config.rope_parameters
        nested = {k: v for k, v in rope.items() if k.endswith("_attention")} or {"": rope}
        for kind, values in nested.items():
            rest = {k: v for k, v in values.items() if k not in ("rope_theta", "type")}
            yield kind, values["rope_theta"], rest
        return
    scaling = dict(getattr(config, "rope_scaling", None) or {"rope_type": "default"})
    old = scaling.pop("type", None)
    scaling.setdefault("rope_type", "default" if old == "mrope" else old)
    if hasattr(config, "rope_local_base_freq"):
        yield "full_attention", config.rope_theta, scaling
        yield "sliding_attention", config.rope_local_base_freq, {"rope_type": "default"}
    elif hasattr(config, "global_rope_theta"):
        yield "full_attention", config.global_rope_theta, {"rope_type": "default"}
        yield "sliding_attention", config.local_rope_theta, {"rope_type": "default"}
    else:
        yield "", config.rope_theta, scaling


@pytest.mark.parametrize("model_type", SPELLINGS)
def test_random_spellings_are_read_as_the_library_reads_them(
    model_type: str, tmp_path: Path
) -> None:
    dice = random.Random(11)
    wrong = []
    for _ in range(40):
        rope = spelled(dice, model_type)
        layers = {"layer_types": ["sliding_attention", "full_attention"]}
        values = settings(model_type, rope | (layers if model_type == "gemma3_text" else {}))
        (tmp_path / "config.json").write_text(json.dumps(values))
        config = transformers.AutoConfig.from_pretrained(tmp_path)
        config = getattr(config, "text_config", config)
        read = made(values).values("config.json") or {}
        at = ("text_config",) if "text_config" in values else ()
        found: list[Rope] = [r for r in ropes_read(read, MAJOR, read_defaults(MAJOR)) if r.at == at]
        predicted = sorted((r.kind, r.theta, dict(r.scaling)) for r in found)
        actual = sorted(really(config))
        if predicted != actual:
            wrong.append(f"{rope}: predicted {predicted}, really {actual}")
    assert not wrong, "\n".join(wrong[:5])
