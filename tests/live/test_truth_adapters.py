"""What transformers really loads from folders with adapters, and with a quantization_config.

Each folder is made with PEFT and ``save_pretrained``; the parameters of the model that
``from_pretrained`` makes of it are compared with those of the base and of the merged model.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pairs import merged_of, source_of
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.adapters import adapter_loading
from slowlens.findings import Finding, Severity
from slowlens.fixes import MERGE_BEFORE_SAVING
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.rules import (
    adapter_mismatch,
    leftover_adapter_files,
    merged_into_4bit,
    quantization_config_leftover,
    quantization_lost,
    unmerged_adapter,
    weights_not_loaded,
)

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft", reason="needs peft: adapters are made and loaded with it")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
RUNTIME = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
HERE = Environment("3", "Linux", {"peft": peft.__version__})
PROJECTION = "model.layers.0.self_attn.q_proj"
IDS = [[1, 2, 3, 4, 5]]


@dataclass(frozen=True)
class Lab:
    """A base model, an adapter for it, and the two merged."""

    root: Path
    base: Path
    adapter: Path
    merged: Path

    def folder(self, name: str, *parts: Path, **changes: Any) -> Path:
        """Copy the files of ``parts`` into one folder; ``changes`` go into adapter_config.json."""
        made = self.root / name
        made.mkdir()
        for file in (file for part in parts for file in part.iterdir()):
            shutil.copy(file, made)
        if changes:
            edit(made / "adapter_config.json", **changes)
        return made


def edit(file: Path, **changes: Any) -> None:
    values = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in values.items() if value != "gone"}))


def adapted(base: Path, **settings: Any) -> Any:
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    settings = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]} | settings
    model = peft.get_peft_model(model, peft.LoraConfig(**settings))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or "modules_to_save" in name:
                parameter.normal_(0, 0.3)
    return model


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity(transformers.logging.CRITICAL)
    transformers.utils.logging.disable_progress_bar()
    root = tmp_path_factory.mktemp("adapters")
    config = transformers.LlamaConfig(
        vocab_size=32, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.LlamaForCausalLM(config).save_pretrained(root / "base")
    model = adapted(root / "base")
    model.save_pretrained(root / "adapter")
    model.merge_and_unload().save_pretrained(root / "merged")
    return Lab(root, root / "base", root / "adapter", root / "merged")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a base that is nowhere be looked for on this machine only."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("transformers.utils.hub._is_offline_mode", True, raising=False)


def loaded(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(folder)


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model(torch.tensor(IDS)).logits.float()


def alike(left: Any, right: Any) -> bool:
    return bool(torch.allclose(left, right, atol=1e-4))


def weights_of(lab: Lab, model: Any) -> str:
    """Name the folder that the projection of a loaded model comes from."""
    state = model.state_dict()
    key = next(key for key in state if PROJECTION in key and "lora" not in key)
    for folder in (lab.base, lab.merged):
        if alike(state[key], loaded(folder).state_dict()[f"{PROJECTION}.weight"]):
            return str(folder)
    return "neither"


def has_adapter(model: Any) -> bool:
    return any("lora_" in name for name, _ in model.named_parameters())


def found(rule: Any, folder: Path, source: Path | None = None) -> list[Finding]:
    there = None if source is None else source_of(read_checkpoint(source))
    here = merged_of(read_checkpoint(folder))
    facts = {"source": there, "environment": HERE, "merged": here, "changes": None}
    wanted = rule.check.__code__.co_varnames[: rule.check.__code__.co_argcount]
    return list(rule.check(**{name: facts[name] for name in wanted}))


def worst(findings: list[Finding], runtime: Runtime = RUNTIME) -> Severity | None:
    """The gravest of what concerns this version."""
    mine = (finding.severity for finding in findings if runtime in finding.affects)
    return max(mine, key=lambda severity: severity.rank, default=None)


def with_config(lab: Lab, folder: Path) -> Path:
    shutil.copy(lab.base / "config.json", folder)
    return folder


def pickled(folder: Path) -> Path:
    from safetensors.torch import load_file

    file = folder / "adapter_model.safetensors"
    torch.save(load_file(file), folder / "adapter_model.bin")
    file.unlink()
    return folder


def prompt(lab: Lab) -> Path:
    settings = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)
    peft.get_peft_model(loaded(lab.base), settings).save_pretrained(lab.root / "prompt")
    return lab.root / "prompt"


def without(folder: Path, name: str) -> Path:
    (folder / name).unlink()
    return folder


FOLDERS: Mapping[str, Any] = {
    "alone": lambda lab: lab.folder("alone", lab.adapter),
    "alone, base gone": lambda lab: lab.folder("gone", lab.adapter, base_model_name_or_path="gone"),
    "alone, base null": lambda lab: lab.folder("null", lab.adapter, base_model_name_or_path=None),
    "alone with config.json": lambda lab: with_config(lab, lab.folder("openrlhf", lab.adapter)),
    "alone, no tensors": lambda lab: without(
        lab.folder("bare", lab.adapter), "adapter_model.safetensors"
    ),
    "left over": lambda lab: lab.folder("left", lab.merged, lab.adapter),
    "left over, base gone": lambda lab: lab.folder(
        "left-gone", lab.merged, lab.adapter, base_model_name_or_path="gone"
    ),
    "left over, config alone": lambda lab: without(
        lab.folder("left-config", lab.merged, lab.adapter), "adapter_model.safetensors"
    ),
    "left over, tensors alone": lambda lab: without(
        lab.folder("left-tensors", lab.merged, lab.adapter), "adapter_config.json"
    ),
    "left over, a pickle": lambda lab: pickled(lab.folder("left-bin", lab.merged, lab.adapter)),
    "alone, tokens for the prompt": lambda lab: prompt(lab),
    "left over, tokens for the prompt": lambda lab: lab.folder(
        "left-prompt", lab.merged, prompt(lab)
    ),
    "merged": lambda lab: lab.merged,
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_fact_says_what_is_loaded(lab: Lab, name: str) -> None:
    folder = FOLDERS[name](lab)
    predicted = adapter_loading(read_checkpoint(folder))[RUNTIME]
    try:
        model = loaded(folder)
    except Exception as error:  # noqa: BLE001 - that it fails is the observation
        assert predicted.fails or predicted.weights == "gone", error  # noqa: PT017
    else:
        assert not predicted.fails
        own = str(lab.base if name.startswith("alone") else lab.merged)
        assert weights_of(lab, model) == (predicted.weights or own)
        assert has_adapter(model) == predicted.adapter


def test_an_adapter_alone_is_slower_and_right(lab: Lab) -> None:
    folder = lab.folder("one", lab.adapter)
    model = loaded(folder)
    assert alike(logits(model), logits(loaded(lab.merged)))
    assert has_adapter(model)
    assert worst(found(unmerged_adapter, folder)) is Severity.WARNING
    assert not found(leftover_adapter_files, folder)
    assert not found(adapter_mismatch, folder, lab.base)


def test_the_lines_of_the_fix_merge_it(lab: Lab) -> None:
    folder = lab.folder("to-merge", lab.adapter)
    fix = found(unmerged_adapter, folder)[0].fix
    assert fix is not None
    lines, tokenizer = fix.reason.rsplit("; ", 1)
    assert tokenizer.startswith("AutoTokenizer.from_pretrained(")
    exec(lines)  # noqa: S102 - the lines that a user pastes
    merged = Path(f"{folder}-merged")
    assert alike(logits(loaded(merged)), logits(loaded(lab.merged)))
    for rule in (unmerged_adapter, leftover_adapter_files, adapter_mismatch):
        assert not found(rule, merged, lab.base)


def test_dora_is_told_from_lora(lab: Lab) -> None:
    adapted(lab.base, use_dora=True).save_pretrained(lab.root / "dora")
    assert worst(found(unmerged_adapter, lab.root / "dora")) is Severity.ERROR
    assert not found(adapter_mismatch, lab.root / "dora", lab.base)


def test_files_left_over_change_what_is_loaded(lab: Lab) -> None:
    folder = lab.folder("left-over", lab.merged, lab.adapter)
    model = loaded(folder)
    assert has_adapter(model)
    right = alike(logits(model), logits(loaded(lab.merged)))
    assert right == (MAJOR == 4), "version 5 applies it twice, version 4 once, to the base"
    finding = found(leftover_adapter_files, folder)[0]
    assert RUNTIME in finding.affects
    assert finding.fix is not None
    assert "mv adapter_config.json adapter_model.safetensors adapter/" in finding.fix.reason
    moved = folder / "adapter"
    moved.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / name).rename(moved / name)
    assert alike(logits(loaded(folder)), logits(loaded(lab.merged)))
    assert not has_adapter(loaded(folder))
    assert not found(leftover_adapter_files, folder)


def test_an_injected_adapter_that_is_saved_is_found_among_the_weights(lab: Lab) -> None:
    adapted(lab.base).base_model.model.save_pretrained(lab.root / "injected")
    model = loaded(lab.root / "injected")
    assert not has_adapter(model)
    assert weights_of(lab, model) == "neither"
    (finding,) = found(weights_not_loaded, lab.root / "injected")
    assert "have base_layer. in their names" in finding.message
    assert finding.fix is MERGE_BEFORE_SAVING
    assert not found(unmerged_adapter, lab.root / "injected")


def verl(lab: Lab, name: str, **changes: Any) -> Path:
    """Lay a folder out as verl's merger does: the base's weights and the adapter below."""
    folder = lab.folder(name, lab.base)
    shutil.copytree(lab.adapter, folder / "lora_adapter")
    edit(folder / "lora_adapter" / "adapter_config.json", base_model_name_or_path=None, **changes)
    return folder


def test_an_adapter_in_a_folder_below_is_not_loaded(lab: Lab) -> None:
    folder = verl(lab, "verl")
    model = loaded(folder)
    assert not has_adapter(model)
    assert weights_of(lab, model) == str(lab.base)
    assert worst(found(unmerged_adapter, folder)) is Severity.WARNING
    assert not found(adapter_mismatch, folder)


def test_alpha_0_is_the_base_model(lab: Lab) -> None:
    folder = verl(lab, "verl-0", lora_alpha=0)
    model = peft.PeftModel.from_pretrained(loaded(folder), folder / "lora_adapter")
    assert alike(logits(model), logits(loaded(lab.base)))
    (finding,) = found(adapter_mismatch, folder)
    assert "lora_alpha is 0" in finding.message
    assert not found(unmerged_adapter, folder), "one finding is enough"


@pytest.mark.parametrize(
    ("name", "settings", "changes"),
    [
        ("rank", {}, {"r": 8}),
        ("modules", {}, {"modules_to_save": ["lm_head"]}),
        ("dora", {}, {"use_dora": True}),
        ("no-dora", {"use_dora": True}, {"use_dora": False}),
    ],
)
def test_a_config_that_does_not_fit(lab: Lab, name: str, settings: Any, changes: Any) -> None:
    whole = lab.root / f"whole-{name}"
    adapted(lab.base, modules_to_save=["lm_head"], **settings).save_pretrained(whole)
    assert not found(adapter_mismatch, whole, lab.base)
    expected = logits(loaded(whole))
    folder = lab.folder(f"odd-{name}", whole, **changes)
    if name == "modules":
        from safetensors.torch import load_file, save_file

        file = folder / "adapter_model.safetensors"
        kept = {key: value for key, value in load_file(file).items() if "lm_head" not in key}
        save_file(kept, file)
    (finding,) = found(adapter_mismatch, folder, lab.base)
    assert finding.severity is Severity.ERROR
    try:
        assert not alike(logits(loaded(folder)), expected)
    except (RuntimeError, KeyError):
        assert name in {"rank", "modules"}, "the others load, and answer otherwise"


@pytest.mark.parametrize(
    "settings",
    [
        {"rank_pattern": {"q_proj": 2}},
        {"modules_to_save": ["lm_head", "embed_tokens"]},
        {"target_modules": ["embed_tokens", "q_proj"]},
        {"use_rslora": True},
        {"bias": "lora_only"},
    ],
)
def test_what_peft_saves_fits(lab: Lab, settings: Any, tmp_path: Path) -> None:
    adapted(lab.base, **settings).save_pretrained(tmp_path)
    assert not found(adapter_mismatch, tmp_path, lab.base)


def test_an_adapter_of_another_size(lab: Lab, tmp_path: Path) -> None:
    config = transformers.LlamaConfig.from_pretrained(lab.base)
    config.hidden_size, config.head_dim = 64, 32
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path)
    (finding,) = found(adapter_mismatch, lab.adapter, tmp_path)
    assert "is for another model" in finding.message
    with pytest.raises(RuntimeError):
        peft.PeftModel.from_pretrained(loaded(tmp_path), lab.adapter)


BITSANDBYTES = {"quant_method": "bitsandbytes", "load_in_4bit": True}
BLOCKS: Mapping[str, Any] = {
    "bitsandbytes": BITSANDBYTES,
    "bitsandbytes-8": {"quant_method": "bitsandbytes", "load_in_8bit": True},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128},
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True},
    "compressed-tensors": {"quant_method": "compressed-tensors", "format": "pack-quantized"},
    "hqq": {"quant_method": "hqq", "quant_config": {}},
    "quanto": {"quant_method": "quanto", "weights": "int8"},
    "torchao": {"quant_method": "torchao", "quant_type": "int8_weight_only"},
    "fp8": {"quant_method": "fp8", "activation_scheme": "dynamic"},
    "mxfp4": {"quant_method": "mxfp4"},
    "modelopt": {"quant_method": "modelopt", "quant_algo": "FP8"},
    "unknown": {"quant_method": "unknown"},
    "mlx": {"group_size": 64, "bits": 4},
    "empty": {},
    "text": "4bit",
    "null": None,
}


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens on a CPU")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_that_was_left_over(lab: Lab, name: str) -> None:
    folder = lab.folder(f"block-{name}", lab.merged)
    edit(folder / "config.json", quantization_config=BLOCKS[name])
    findings = found(quantization_config_leftover, folder)
    assert findings
    failing = worst(findings) is Severity.ERROR
    try:
        model = loaded(folder)
    except Exception as error:  # noqa: BLE001 - that it fails is the observation
        assert failing, error  # noqa: PT017
    else:
        if failing:
            pytest.skip(f"the library of {name} is installed")
        assert alike(logits(model), logits(loaded(lab.merged)))
    edit(folder / "config.json", quantization_config="gone")
    assert not found(quantization_config_leftover, folder)
    assert alike(logits(loaded(folder)), logits(loaded(lab.merged)))


def test_weights_merged_into_4_bits(lab: Lab, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="needs bitsandbytes, and a version 5 on a CPU")
    packed = transformers.BitsAndBytesConfig(load_in_4bit=True)
    try:
        base = transformers.AutoModelForCausalLM.from_pretrained(
            lab.base, quantization_config=packed
        )
    except (RuntimeError, ImportError) as error:
        pytest.skip(f"bitsandbytes does not work here: {error}")
    base.save_pretrained(tmp_path / "packed")
    model = peft.PeftModel.from_pretrained(base, lab.adapter)
    model.merge_and_unload().save_pretrained(tmp_path / "merged")
    for source, severity in ((tmp_path / "packed", Severity.WARNING), (lab.base, Severity.NOTE)):
        (finding,) = found(merged_into_4bit, tmp_path / "merged", source)
        assert finding.severity is severity
    assert not found(quantization_config_leftover, tmp_path / "merged")
    assert not found(merged_into_4bit, lab.merged, tmp_path / "packed")
    (lost,) = found(quantization_lost, lab.merged, tmp_path / "packed")
    assert lost.severity is Severity.NOTE
