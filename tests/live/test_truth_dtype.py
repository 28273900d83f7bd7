"""The load dtype, and the rules about it, against what the library loads."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slowlens.diagnose import diagnose
from slowlens.facts.reading import Merged, Source, reading
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.dtypes import KEYS, OLD_KEYS, automatic_dtype
from slowlens.findings import Finding
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults
from slowlens.rules import (
    dtype_keys_conflict,
    fp32_saved_or_loaded,
    merge_dtype_drift,
    remote_code,
)

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

VERSION = tuple(map(int, transformers.__version__.split(".")[:2]))
GENERATE = Runtime.TRANSFORMERS_4 if VERSION < (5, 0) else Runtime.TRANSFORMERS_5
KNOWN = KEYS if VERSION >= (4, 56) else OLD_KEYS
DEFAULTS = {major: read_defaults(major) for major in (4, 5)}
RULES = (fp32_saved_or_loaded.RULE, merge_dtype_drift.RULE, dtype_keys_conflict.RULE)
TEXT = {
    "vocab_size": 32,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}


@cache
def llama() -> Any:
    torch.set_num_threads(1)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**TEXT))


@cache
def llava() -> Any:
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        image_size=16, patch_size=8,
    )  # fmt: skip
    config = transformers.LlavaConfig(
        vision_config=vision, text_config=transformers.LlamaConfig(**TEXT)
    )
    return transformers.LlavaForConditionalGeneration(config)


def save(folder: Path, model: Any, to: str, **keys: Any) -> Path:
    """Save ``model`` in ``to``; ``keys`` are all that config.json says about it."""
    model.to(getattr(torch, to)).save_pretrained(folder)
    edit(folder, **keys)
    return folder


def edit(folder: Path, **keys: Any) -> None:
    file = folder / "config.json"
    config = {k: v for k, v in json.loads(file.read_text()).items() if k not in KEYS}
    file.write_text(json.dumps(config | keys))


def loaded(folder: Path, **arguments: Any) -> set[str]:
    """The dtypes of the parameters after a load, or how it failed."""
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    try:
        model = getattr(transformers, architecture).from_pretrained(folder, **arguments)
    except Exception as error:  # noqa: BLE001 - that it fails is the observation
        return {f"fails: {type(error).__name__}"}
    return {str(parameter.dtype).removeprefix("torch.") for parameter in model.parameters()}


def found(merged: Path, source: Path | None = None) -> Mapping[str, list[Finding]]:
    facts: list[object] = [reading(Merged, read_checkpoint(merged), DEFAULTS)]
    if source is not None:
        facts.append(reading(Source, read_checkpoint(source), DEFAULTS))
    outcomes = diagnose(facts, RULES)
    return {o.rule: list(o.findings) for o in outcomes if o.findings}


ROWS: tuple[dict[str, Any], ...] = (
    {},
    {"dtype": "bfloat16"},
    {"torch_dtype": "bfloat16"},
    {"dtype": "float32"},
    {"torch_dtype": "float32"},
    {"dtype": "bfloat16", "torch_dtype": "float32"},
    {"dtype": "float32", "torch_dtype": "bfloat16"},
    {"dtype": None, "torch_dtype": "bfloat16"},
    {"dtype": "float16"},
    {"torch_dtype": "half"},
    {"torch_dtype": "torch.bfloat16"},
    {"torch_dtype": "auto"},
    {"torch_dtype": "int8"},
    {"dtype": {"": "bfloat16"}},
    {"dtype": {"vision_config": "bfloat16"}},
    {"dtype": 5},
)


@pytest.mark.parametrize("saved", ["bfloat16", "float32"])
@pytest.mark.parametrize("keys", ROWS, ids=str)
def test_the_predicted_dtype_is_the_one_that_is_loaded(
    tmp_path: Path, saved: str, keys: dict[str, Any]
) -> None:
    folder = save(tmp_path / "m", llama(), saved, **keys)
    checkpoint = read_checkpoint(folder)
    setting = reading(Merged, checkpoint, DEFAULTS).settings["dtype"][GENERATE]
    assert said(setting) == outcome(loaded(folder))
    automatic = loaded(folder, torch_dtype="auto")
    if VERSION < (5, 0) and any(isinstance(value, dict) for value in keys.values()):
        return  # version 4 cannot load an object; what 5 makes of it is above
    assert said(automatic_dtype(checkpoint, KNOWN)) == outcome(automatic)


def said(setting: Any) -> str:
    return "fails" if setting.fails else setting.value


def outcome(dtypes: set[str]) -> str:
    (only,) = dtypes
    return only.partition(":")[0]


@pytest.mark.parametrize("wide", [min, max], ids=["the first by name", "the last by name"])
def test_in_a_mixed_file_the_first_name_decides(tmp_path: Path, wide: Callable[[Any], str]) -> None:
    from safetensors.torch import load_file, save_file

    folder = save(tmp_path / "m", llama(), "bfloat16")
    file = folder / "model.safetensors"
    tensors = load_file(file)
    name = wide(tensors)
    save_file({**tensors, name: tensors[name].float()}, file, metadata={"format": "pt"})
    setting = automatic_dtype(read_checkpoint(folder), KNOWN)
    assert loaded(folder, torch_dtype="auto") == {setting.value}
    assert ("fp32-saved-or-loaded" in found(folder)) == (setting.value == "float32")


def test_a_merge_that_was_cast_to_float32(tmp_path: Path) -> None:
    source = save(tmp_path / "s", llama(), "bfloat16", torch_dtype="bfloat16")
    merged = tmp_path / "m"
    llama().float().save_pretrained(merged)
    (finding,) = found(merged, source)["fp32-saved-or-loaded"]
    assert "100 % of the weights" in finding.message
    assert loaded(merged, torch_dtype="auto") == {"float32"}
    assert finding.fix is not None
    edit(merged, **{e.pointer[-1]: e.after for e in finding.fix.edits})
    assert loaded(merged, torch_dtype="auto") == {"bfloat16"}
    assert [f.severity for f in found(merged, source)["fp32-saved-or-loaded"]] == ["note"]
    assert found(source, source) == {}


def test_what_an_older_version_leaves_in_a_newer_checkpoint(tmp_path: Path) -> None:
    """transformers 4 loads a checkpoint of version 5 without a dtype, and saves it."""
    folder = save(tmp_path / "v5", llama(), "bfloat16", dtype="bfloat16")
    again = tmp_path / "again"
    transformers.LlamaForCausalLM.from_pretrained(folder).save_pretrained(again)
    stated = {key: read_checkpoint(again).get("config.json", key) for key in KEYS}
    if VERSION < (4, 56):
        assert stated == {"dtype": "bfloat16", "torch_dtype": "float32"}
        assert set(found(again, folder)) == {"dtype-keys-conflict", "fp32-saved-or-loaded"}
        assert loaded(again, torch_dtype="auto") == {"float32"}
    elif VERSION < (5, 0):
        assert set(found(again, folder)) == {"fp32-saved-or-loaded"}
    else:
        assert stated["dtype"] == "bfloat16"
        assert found(again, folder) == {}


def test_a_merge_in_float16_of_a_bfloat16_model(tmp_path: Path) -> None:
    source = save(tmp_path / "s", llama(), "bfloat16", torch_dtype="bfloat16")
    large = tmp_path / "large"
    model = transformers.LlamaForCausalLM.from_pretrained(source, torch_dtype=torch.bfloat16)
    with torch.no_grad():
        model.model.norm.weight[0] = 1e30  # in reach of bfloat16 alone
    model.half().save_pretrained(large)
    assert set(found(large, source)) == {"merge-dtype-drift"}
    reloaded = transformers.LlamaForCausalLM.from_pretrained(large, torch_dtype="auto")
    assert torch.isinf(reloaded.model.norm.weight).any()
    keys = {"torch_dtype": "float16"}
    only_said = save(tmp_path / "said", llama(), "bfloat16", **keys)
    assert set(found(only_said, source)) == {"merge-dtype-drift"}
    assert loaded(only_said, torch_dtype="auto") == {"float16"}


def test_a_composite_model_that_was_built_in_float32_and_cast(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    llava().to(torch.bfloat16).save_pretrained(folder)
    automatic = loaded(folder, torch_dtype="auto")
    findings = found(folder).get("dtype-keys-conflict", [])
    if VERSION >= (5, 0):
        assert automatic == {"bfloat16"}
    else:
        assert (automatic == {"bfloat16", "float32"}) == bool(findings)
    for finding in findings:
        assert finding.affects == (Runtime.TRANSFORMERS_4,)


@pytest.mark.parametrize("part", ["text_config", "vision_config"])
def test_a_part_of_its_own_dtype(tmp_path: Path, part: str) -> None:
    key = KNOWN[0]
    folder = save(tmp_path / "m", llava(), "bfloat16")
    config = json.loads((folder / "config.json").read_text())
    for name in ("text_config", "vision_config"):
        for dtype_key in KEYS:
            config[name].pop(dtype_key, None)
        config[name][key] = "float32" if name == part else "bfloat16"
    edit(folder, **{key: "bfloat16"}, text_config=config["text_config"],
         vision_config=config["vision_config"])  # fmt: skip
    automatic = loaded(folder, torch_dtype="auto")
    assert automatic == ({"bfloat16"} if VERSION >= (5, 0) else {"bfloat16", "float32"})
    (finding,) = found(folder)["dtype-keys-conflict"]
    assert finding.fix is not None
    assert [e.pointer for e in finding.fix.edits] == [(part, key)]


MODULES = {"model_type": "t5", "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1}


def test_modules_that_stay_wide_on_purpose_are_no_alarm(tmp_path: Path) -> None:
    """``wo`` of T5 is kept in float32 in a float16 model, and saved so."""
    arguments = {k: v for k, v in MODULES.items() if k != "model_type"}
    config = transformers.T5Config(vocab_size=64, num_heads=2, **arguments)
    source, merged = tmp_path / "s", tmp_path / "m"
    transformers.T5ForConditionalGeneration(config).half().save_pretrained(source)
    model = transformers.T5ForConditionalGeneration.from_pretrained(source, torch_dtype="auto")
    model.save_pretrained(merged)
    assert read_checkpoint(merged).weights.dtype_sizes.keys() == {"F16", "F32"}
    assert found(merged, source) == {}


CODE = """
from transformers import LlamaConfig, LlamaForCausalLM


class C(LlamaConfig):
    model_type = "{model_type}"


class M(LlamaForCausalLM):
    config_class = C
"""
LOCAL = {"AutoConfig": "modeling_x.C", "AutoModelForCausalLM": "modeling_x.M"}
REMOTE = {name: f"org/name--{reference}" for name, reference in LOCAL.items()}


def with_code(
    folder: Path, model_type: str, auto_map: dict[str, str] | None, *, code: bool
) -> Path:
    save(folder, llama(), "bfloat16")
    edit(folder, model_type=model_type, **({"auto_map": auto_map} if auto_map else {}))
    if code:
        (folder / "modeling_x.py").write_text(CODE.format(model_type=model_type))
    return folder


def builds(folder: Path, *, trust: bool) -> bool | str:
    """Whether it loads, and whether with the checkpoint's own code."""
    auto = transformers.AutoModelForCausalLM
    try:
        model = auto.from_pretrained(folder, trust_remote_code=trust)
    except Exception:  # noqa: BLE001 - that it fails is the observation
        return False
    return "own" if type(model).__module__.startswith("transformers_modules") else "native"


@pytest.mark.parametrize(
    ("model_type", "auto_map", "code", "trusting", "distrusting", "severity"),
    [
        ("llama", LOCAL, True, "own", "native", None),
        ("llama", LOCAL, False, False, "native", "warning"),
        ("llama", REMOTE, False, False, "native", "note"),
        ("llama", None, False, "native", "native", None),
        ("my_model", LOCAL, True, "own", False, None),
        ("my_model", LOCAL, False, False, False, "error"),
        ("my_model", REMOTE, False, False, False, "note"),
        ("my_model", None, False, False, False, "error"),
    ],
)
def test_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_type: str,
    auto_map: dict[str, str] | None, *, code: bool, trusting: Any, distrusting: Any, severity: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    modules = "transformers.dynamic_module_utils.HF_MODULES_CACHE"
    monkeypatch.setattr(modules, str(tmp_path / "modules"))
    source = with_code(tmp_path / "source", model_type, LOCAL, code=True)
    merged = with_code(tmp_path / "merged", model_type, auto_map, code=code)
    assert builds(merged, trust=True) == trusting
    assert builds(merged, trust=False) == distrusting
    facts = [
        reading(Merged, read_checkpoint(merged), DEFAULTS),
        reading(Source, read_checkpoint(source), DEFAULTS),
    ]
    (outcome,) = diagnose(facts, [remote_code.RULE])
    assert [finding.severity for finding in outcome.findings] == ([severity] if severity else [])
