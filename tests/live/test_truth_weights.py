"""Which weights the library loads, which it makes up, and what the rules say of it."""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest

from slowlens.diagnose import diagnose
from slowlens.facts.reading import Merged, Source, reading
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.files import weight_files
from slowlens.facts.weights.tensors import tensor_changes
from slowlens.facts.weights.tied import TIE, tie_settings
from slowlens.findings import Finding, Severity
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults
from weightrules import RULES

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.partition(".")[0])
HERE = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
DEFAULTS = {major: read_defaults(major) for major in (4, 5)}
TEXT = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
ONE = "model.layers.2.mlp.up_proj.weight"
SINGLE, INDEX, PICKLE = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
Tensors = dict[str, Any]


@cache
def llama(*, tied: bool = False) -> Any:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(**TEXT, tie_word_embeddings=tied)
    return transformers.LlamaForCausalLM(config)


def save(folder: Path, model: Any = None, **options: Any) -> Path:
    (llama() if model is None else model).save_pretrained(folder, **options)
    return folder


def rewrite(folder: Path, change: Callable[[Tensors], Tensors], file: str = SINGLE) -> Path:
    """Change the tensors of a file, as a saver of its own would have written them."""
    tensors = {name: t.clone() for name, t in safetensors.load_file(folder / file).items()}
    safetensors.save_file(change(tensors), folder / file, metadata={"format": "pt"})
    return folder


def rename(folder: Path, change: Callable[[str], str]) -> Path:
    return rewrite(folder, lambda tensors: {change(name): t for name, t in tensors.items()})


def configure(folder: Path, **values: Any) -> Path:
    """Set keys of config.json; None takes one away."""
    file = folder / "config.json"
    config = {**json.loads(file.read_text()), **values}
    file.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return folder


def load(folder: Path, auto: Any = transformers.AutoModelForCausalLM) -> tuple[Any, set[str]]:
    """Return the model and the names of what the library filled with random numbers."""
    model, report = auto.from_pretrained(folder, output_loading_info=True)
    return model, set(report["missing_keys"])


def found(folder: Path, source: Path | None = None) -> dict[str, list[Finding]]:
    merged = reading(Merged, read_checkpoint(folder), DEFAULTS)
    facts: list[object] = [merged]
    if source is not None:
        there = reading(Source, read_checkpoint(source), DEFAULTS)
        changes = tensor_changes(there.checkpoint.weights, merged.checkpoint.weights)
        facts += [there, changes]
    outcomes = diagnose(facts, RULES)
    assert not [outcome for outcome in outcomes if outcome.status == "crashed"]
    return {outcome.rule: list(outcome.findings) for outcome in outcomes if outcome.findings}


def affects(findings: Mapping[str, list[Finding]], rule: str) -> set[Runtime]:
    """Which runtimes an error of ``rule`` affects."""
    grave = (f for f in findings.get(rule, ()) if f.severity is Severity.ERROR)
    return {runtime for finding in grave for runtime in finding.affects}


def run_lines(finding: Finding, end: str = "\n") -> None:
    """Run the lines that a fix shows."""
    assert finding.fix is not None
    lines = finding.fix.reason.partition("In Python: ")[2].partition(end)[0]
    exec(lines, {"__name__": "pasted"})  # noqa: S102 - what a user would paste


def test_a_sound_checkpoint(tmp_path: Path) -> None:
    sound = save(tmp_path)
    assert load(sound)[1] == set()
    assert found(sound) == found(sound, sound) == {}


def same_tensors(folder: Path, source: Path) -> bool:
    ours, theirs = (safetensors.load_file(place / SINGLE) for place in (folder, source))
    return set(ours) == set(theirs) and all(torch.equal(ours[n], theirs[n]) for n in ours)


class TestNotLoaded:
    RULE = "weights-not-loaded"

    @pytest.mark.parametrize(
        "wrapper", ["_orig_mod.", "module.", "base_model.model.", "_fsdp_wrapped_module."]
    )
    def test_prefixes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrapper: str) -> None:
        monkeypatch.chdir(tmp_path)
        source = save(tmp_path / "source")
        merged = rename(save(tmp_path / "merged"), lambda name: f"{wrapper}{name}")
        assert len(load(merged)[1]) == len(llama().state_dict())
        for findings in (found(merged), found(merged, source)):
            assert HERE in affects(findings, self.RULE)
        run_lines(found(merged)[self.RULE][0], ". Rename them")
        assert same_tensors(tmp_path / "renamed", source)

    def test_a_doubled_model(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        source = save(tmp_path / "source")
        merged = save(tmp_path / "merged")
        rename(merged, lambda name: name.replace("model.", "model.model."))
        missing = load(merged)[1]
        assert bool(missing) is (MAJOR == 4)
        assert (HERE in affects(found(merged), self.RULE)) is bool(missing)
        run_lines(found(merged)[self.RULE][0], ". Rename them")
        assert same_tensors(tmp_path / "renamed", source)

    def test_a_repeated_language_model(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        source = save(tmp_path / "source", vision_model())
        merged = save(tmp_path / "merged", vision_model())
        rename(merged, lambda name: name.replace("language_model.", "language_model." * 3))
        assert load(merged, transformers.AutoModelForImageTextToText)[1]
        for findings in (found(merged), found(merged, source)):
            assert HERE in affects(findings, self.RULE)
        run_lines(found(merged)[self.RULE][0], ". Rename them")
        assert same_tensors(tmp_path / "renamed", source)

    @pytest.mark.parametrize("inside", ["base_layer", "modules_to_save.default"])
    def test_names_of_an_adapter(self, tmp_path: Path, inside: str) -> None:
        merged = rename(save(tmp_path), lambda n: n.replace("q_proj.", f"q_proj.{inside}."))
        assert len(load(merged)[1]) == 4
        assert HERE in affects(found(merged), self.RULE)

    def test_one_tensor_of_many(self, tmp_path: Path) -> None:
        source = save(tmp_path / "source")
        merged = save(tmp_path / "merged")
        rewrite(merged, lambda tensors: {n: t for n, t in tensors.items() if n != ONE})
        assert load(merged)[1] == {ONE}
        (finding,) = found(merged, source)[self.RULE]
        assert finding.severity is Severity.ERROR
        assert ONE in finding.message
        (alone,) = found(merged)[self.RULE]
        assert ONE.removeprefix("model.") in alone.message

    def test_layers_that_are_not_there(self, tmp_path: Path) -> None:
        merged = save(tmp_path)
        rewrite(merged, lambda ts: {n: t for n, t in ts.items() if ".layers.3." not in n})
        assert len(load(merged)[1]) == 9
        assert "(3)" in found(merged)[self.RULE][0].message

    def test_a_tensor_without_elements(self, tmp_path: Path) -> None:
        merged = rewrite(save(tmp_path), lambda tensors: {**tensors, ONE: torch.zeros(0)})
        with pytest.raises(RuntimeError):
            load(merged)
        assert HERE in affects(found(merged), self.RULE)

    @pytest.mark.parametrize("extra", ["model.layers.0.self_attn.rotary_emb.inv_freq", "foo.bar"])
    def test_tensors_too_many(self, tmp_path: Path, extra: str) -> None:
        source = save(tmp_path / "source")
        merged = rewrite(save(tmp_path / "m"), lambda ts: {**ts, extra: torch.ones(4)})
        assert load(merged)[1] == set()
        assert found(merged, source) == found(merged) == {}

    def test_what_the_model_computes_itself(self, tmp_path: Path) -> None:
        extra = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
        source = rewrite(save(tmp_path / "source"), lambda tensors: {**tensors, **extra})
        assert found(save(tmp_path / "merged"), source) == {}

    def test_a_vision_model_in_either_layout(self, tmp_path: Path) -> None:
        auto = transformers.AutoModelForImageTextToText
        source = rename(save(tmp_path / "source", vision_model()), old_tower)
        old = set(safetensors.load_file(source / SINGLE))
        merged = rename(Path(shutil.copytree(source, tmp_path / "merged")), other_layout)
        assert old != set(safetensors.load_file(merged / SINGLE))
        assert load(source, auto)[1] == load(merged, auto)[1] == set()
        assert found(merged, source) == found(source, merged) == found(merged) == {}

    def test_a_tower_by_the_names_of_transformers_5(self, tmp_path: Path) -> None:
        auto = transformers.AutoModelForImageTextToText
        old = rename(save(tmp_path / "old", vision_model()), old_tower)
        new = rename(save(tmp_path / "new", vision_model()), lambda n: n.replace(TOWER, SHORT))
        assert load(old, auto)[1] == set()
        assert bool(load(new, auto)[1]) is (MAJOR == 4)
        for source in (None, old):
            (finding,) = found(new, source)[self.RULE]
            assert finding.affects == (Runtime.TRANSFORMERS_4,)
        assert found(old, new) == found(old) == {}
        with pytest.MonkeyPatch.context() as here:
            here.chdir(tmp_path)
            run_lines(finding, ". Rename")
        assert same_tensors(tmp_path / "renamed", old)

    def test_a_text_config_beside_a_vision_model(self, tmp_path: Path) -> None:
        text = save(tmp_path / "text")
        merged = save(tmp_path / "merged", vision_model())
        shutil.copy(text / "config.json", merged)
        assert len(load(merged)[1]) > 30
        assert HERE in affects(found(merged), self.RULE)

    def test_the_eyes_are_gone(self, tmp_path: Path) -> None:
        source = save(tmp_path / "source", vision_model())
        merged = save(tmp_path / "merged", vision_model())
        rewrite(merged, lambda ts: {n: t for n, t in ts.items() if "vision" not in n})
        assert load(merged, transformers.AutoModelForImageTextToText)[1]
        assert HERE in affects(found(merged, source), self.RULE)


@cache
def vision_model() -> Any:
    vision = transformers.CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=16,
        patch_size=8,
    )
    config = transformers.LlavaConfig(
        text_config=transformers.LlamaConfig(**TEXT), vision_config=vision, image_token_id=3
    )
    torch.manual_seed(0)
    return transformers.LlavaForConditionalGeneration(config)


SHORT, TOWER = "vision_tower.", "vision_tower.vision_model."


def old_tower(name: str) -> str:
    """Return the name that transformers 4 looks for: version 5 saves a new model by another."""
    return name if TOWER in name else name.replace(SHORT, TOWER)


def other_layout(name: str) -> str:
    """Return the name in memory for the one in the files."""
    if name.startswith("language_model.model."):
        return name.replace("language_model.model.", "model.language_model.", 1)
    return name.removeprefix("language_model.") if "lm_head" in name else f"model.{name}"


class TestHead:
    RULE = "tie-head-mismatch"

    @pytest.mark.parametrize("flag", [True, False, None])
    @pytest.mark.parametrize("head", ["absent", "equal", "different"])
    def test_the_table(self, tmp_path: Path, flag: bool | None, head: str) -> None:
        source = save(tmp_path / "source", llama(tied=True))
        merged = configure(save(tmp_path / "merged"), tie_word_embeddings=flag)
        rewrite(merged, lambda tensors: with_head(tensors, head))
        written = safetensors.load_file(merged / SINGLE)
        state = load(merged)[0].state_dict()
        tied = torch.equal(state[HEAD], state[EMBEDDING])
        own = HEAD in written and torch.equal(state[HEAD], written[HEAD])
        setting = tie_settings(read_checkpoint(merged), DEFAULTS)[HERE].value
        kept = not setting or (MAJOR == 5 and head == "different")
        assert (tied, own) == {
            "absent": (setting, False),
            "equal": (True, True),
            "different": (not kept, kept),
        }[head]
        wrong = tied if head == "different" else not (tied or own)
        for findings in (found(merged), found(merged, source)):
            assert (HERE in affects(findings, self.RULE)) is wrong

    def test_the_fix_keeps_the_trained_head(self, tmp_path: Path) -> None:
        merged = configure(save(tmp_path), tie_word_embeddings=True)
        (finding,) = found(merged)[self.RULE]
        assert finding.fix is not None
        configure(merged, **{e.pointer[0]: e.after for e in finding.fix.edits})
        written = safetensors.load_file(merged / SINGLE)
        assert torch.equal(load(merged)[0].state_dict()[HEAD], written[HEAD])
        assert found(merged) == {}

    def test_the_sources_own_head_is_gone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        source = save(tmp_path / "source")
        merged = configure(save(tmp_path / "merged"), tie_word_embeddings=True)
        rewrite(merged, lambda tensors: with_head(tensors, "absent"))
        state = load(merged)[0].state_dict()
        assert torch.equal(state[HEAD], state[EMBEDDING])
        assert HERE in affects(found(merged, source), self.RULE)
        assert found(merged) == {}
        run_lines(found(merged, source)[self.RULE][0])
        assert same_tensors(tmp_path / "with-head", source)
        assert found(tmp_path / "with-head", source) == {}

    @pytest.mark.parametrize("outer", [True, False, None])
    @pytest.mark.parametrize("inner", [True, False, None])
    def test_both_levels(self, tmp_path: Path, outer: bool | None, inner: bool | None) -> None:
        merged = save(tmp_path, vision_model())
        text = json.loads((merged / "config.json").read_text())["text_config"]
        text = {k: v for k, v in (text | {TIE: inner}).items() if v is not None}
        configure(merged, tie_word_embeddings=outer, text_config=text)
        rewrite(merged, lambda ts: {n: t for n, t in ts.items() if "lm_head" not in n})
        model = load(merged, transformers.AutoModelForImageTextToText)[0]
        ends = model.get_output_embeddings().weight, model.get_input_embeddings().weight
        tied = torch.equal(*ends)
        assert tie_settings(read_checkpoint(merged), DEFAULTS)[HERE].value is tied
        assert (HERE in affects(found(merged), self.RULE)) is not tied

    def test_a_tied_vision_model_of_transformers_5_in_4(self, tmp_path: Path) -> None:
        merged = save(tmp_path, qwen())
        config = json.loads((merged / "config.json").read_text())
        text = {k: v for k, v in config.get("text_config", config).items() if k != TIE}
        text |= {"model_type": "qwen2_5_vl_text"}
        configure(merged, tie_word_embeddings=True, text_config=text)
        assert not [name for name in safetensors.load_file(merged / SINGLE) if "lm_head" in name]
        missing = load(merged, transformers.AutoModelForImageTextToText)[1]
        assert missing == ({HEAD} if MAJOR == 4 else set())
        assert affects(found(merged), self.RULE) == {Runtime.TRANSFORMERS_4}
        (finding,) = found(merged)[self.RULE]
        assert finding.fix is not None
        assert [edit.pointer for edit in finding.fix.edits] == [("text_config", TIE)]
        configure(merged, text_config={**text, TIE: True})
        assert load(merged, transformers.AutoModelForImageTextToText)[1] == set()
        assert found(merged) == {}

    @pytest.mark.parametrize(
        "model_type",
        [
            "aya_vision gemma gemma2 gemma3 gemma3_text gpt2 gpt_neox granite idefics3 internvl",
            "llama llama4 llava llava_next llava_onevision mistral mistral3 mixtral mllama olmo",
            "paligemma phi phi3 qwen2 qwen2_5_vl qwen2_moe qwen2_vl qwen3 qwen3_moe smolvlm t5",
            "gemma4 glm4v glm4_moe gpt_oss qwen3_vl qwen3_next qwen3_5 smollm3 voxtral",
        ],
    )
    def test_config_classes(self, tmp_path: Path, model_type: str) -> None:
        known = transformers.models.auto.configuration_auto.CONFIG_MAPPING
        for kind in set(model_type.split()) & set(known):
            nested = DEFAULTS[MAJOR].types[kind].parts.get("text_config", "")
            for outer in (True, False, None):
                for inner in (True, False, None) if nested else (None,):
                    values = {"model_type": kind} | ({} if outer is None else {TIE: outer})
                    if nested:
                        own = {} if inner is None else {TIE: inner}
                        values["text_config"] = {"model_type": nested, **own}
                    (tmp_path / "config.json").write_text(json.dumps(values))
                    config = transformers.AutoConfig.from_pretrained(tmp_path)
                    said = config.get_text_config(decoder=True) if MAJOR == 4 else config
                    wanted = bool(getattr(said, TIE, False))
                    settings = tie_settings(read_checkpoint(tmp_path), DEFAULTS)
                    assert settings[HERE].value is wanted, values


def qwen() -> Any:
    rope = {"mrope_section": [1, 1, 2], "rope_theta": 1e4}
    key, kind = ("rope_scaling", "type") if MAJOR == 4 else ("rope_parameters", "rope_type")
    rope |= {kind: "mrope" if MAJOR == 4 else "default"}
    text = {**TEXT, "num_key_value_heads": 2, key: rope, TIE: True}
    vision = {"depth": 1, "hidden_size": 16, "num_heads": 2, "intermediate_size": 16}
    config = transformers.Qwen2_5_VLConfig(
        vision_config={**vision, "out_hidden_size": 16},
        **({"text_config": text, TIE: True} if MAJOR > 4 else text),
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config)


def with_head(tensors: Tensors, head: str) -> Tensors:
    rest = {name: t for name, t in tensors.items() if name != HEAD}
    if head == "absent":
        return rest
    same = tensors[EMBEDDING].clone()
    return {**rest, HEAD: same if head == "equal" else same + 1}


class TestFiles:
    """Each save holds one number everywhere, which tells what was loaded."""

    LAYOUTS: ClassVar[Mapping[str, Callable[[Path], None]]] = {
        "single": lambda folder: numbered(folder, 1),
        "shards": lambda folder: numbered(folder, 2, max_shard_size="10KB"),
        "pickle": lambda folder: pickled(folder, 3),
        "pickles": lambda folder: pickled(folder, 4, shards=True),
    }
    OF: ClassVar = {1: SINGLE, 2: "model-0", 3: PICKLE, 4: "pytorch_model-0"}

    @pytest.mark.parametrize(
        ("saved", "lost", "rule"),
        [
            ("single", (), ""),
            ("shards", (), ""),
            ("pickle", (), "bin-instead-of-safetensors"),
            ("pickles", (), "bin-instead-of-safetensors"),
            ("pickle pickles", (), "bin-instead-of-safetensors"),
            ("single shards", (), "stale-weight-files"),
            ("shards single", (), "stale-weight-files"),
            ("single shards", (INDEX,), "stale-weight-files"),
            ("shards pickle", (INDEX,), "stale-weight-files"),
            ("shards pickles", (INDEX,), "stale-weight-files"),
            ("shards pickle", (), ""),
            ("single pickle pickles", (), ""),
        ],
    )
    def test_precedence(self, tmp_path: Path, saved: str, lost: tuple[str, ...], rule: str) -> None:
        for name in saved.split():
            folder = tmp_path / name
            self.LAYOUTS[name](folder)
            shutil.copytree(folder, tmp_path / "all", dirs_exist_ok=True)
        for name in lost:
            (tmp_path / "all" / name).unlink()
        model = load(tmp_path / "all")[0]
        number = round(float(model.state_dict()[ONE][0, 0]))
        loaded = weight_files(read_checkpoint(tmp_path / "all")).loaded
        assert {name[: len(self.OF[number])] for name in loaded} == {self.OF[number]}
        findings = found(tmp_path / "all")
        expected = {"bin-instead-of-safetensors", "stale-weight-files"} & set(findings)
        assert (rule in expected) if rule else not expected

    def test_shards_of_another_save(self, tmp_path: Path) -> None:
        numbered(tmp_path, 2, max_shard_size="20KB")
        before = {file.name for file in tmp_path.glob("model-*")}
        numbered(tmp_path / "again", 5, max_shard_size="10KB")
        shutil.copytree(tmp_path / "again", tmp_path, dirs_exist_ok=True)
        model = load(tmp_path)[0]
        assert float(model.state_dict()[ONE][0, 0]) == 5
        (finding,) = found(tmp_path)["stale-weight-files"]
        assert finding.message.startswith(f"{len(before)} shards such as")
        assert set(weight_files(read_checkpoint(tmp_path)).leftover) == before

    def test_what_training_leaves(self, tmp_path: Path) -> None:
        model = transformers.LlamaForCausalLM(
            transformers.LlamaConfig(**{**TEXT, "vocab_size": 8192})
        )
        optimizer = torch.optim.AdamW(model.parameters())
        model(torch.tensor([[1, 2]]), labels=torch.tensor([[1, 2]])).loss.backward()
        optimizer.step()
        save(tmp_path, model)
        assert found(tmp_path) == {}
        torch.save(optimizer.state_dict(), tmp_path / "optimizer.pt")
        assert "optimizer" in found(tmp_path)["directory-bloat"][0].message
        assert load(tmp_path)[1] == set()


def numbered(folder: Path, number: float, **options: Any) -> None:
    model = transformers.LlamaForCausalLM(llama().config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(number)
    model.save_pretrained(folder, **options)


def pickled(folder: Path, number: float, *, shards: bool = False) -> None:
    numbered(folder, number)
    (folder / SINGLE).unlink()
    model = transformers.LlamaForCausalLM(llama().config)
    state = {name: torch.full_like(t, number) for name, t in model.state_dict().items()}
    if not shards:
        torch.save(state, folder / PICKLE)
        return
    names = sorted(state)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    places = {}
    for part, half in enumerate(halves, 1):
        file = f"pytorch_model-0000{part}-of-00002.bin"
        torch.save({name: state[name] for name in half}, folder / file)
        places |= dict.fromkeys(half, file)
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


class TestVocabulary:
    @pytest.mark.parametrize("size", [63, 65])
    def test_rows_that_do_not_fit(self, tmp_path: Path, size: int) -> None:
        merged = configure(save(tmp_path), vocab_size=size)
        with pytest.raises(RuntimeError):
            load(merged)
        (finding,) = found(merged)["vocab-resized"]
        assert HERE in finding.affects
        assert finding.fix is not None
        configure(merged, vocab_size=finding.fix.edits[0].after)
        assert load(merged)[1] == set()
        assert found(merged) == {}

    def test_a_resized_model(self, tmp_path: Path) -> None:
        source = save(tmp_path / "source")
        model = transformers.AutoModelForCausalLM.from_pretrained(source)
        model.resize_token_embeddings(65)
        merged = save(tmp_path / "merged", model)
        assert load(merged)[1] == set()
        (finding,) = found(merged, source)["vocab-resized"]
        assert finding.severity is Severity.NOTE
        assert "64 no longer divides" in finding.message
        assert found(merged) == {}

    def test_a_token_without_a_row(self, tmp_path: Path) -> None:
        merged = save(tmp_path)
        added = {"added_tokens_decoder": {"64": {"content": "<new>", "special": True}}}
        (merged / "tokenizer_config.json").write_text(json.dumps(added))
        with pytest.raises(IndexError):
            load(merged)[0](torch.tensor([[64]]))
        assert "<new> has the id 64" in found(merged)["vocab-resized"][0].message


class TestExperts:
    def test_fused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        config = transformers.Qwen3MoeConfig(
            **{**TEXT, "num_hidden_layers": 2},
            head_dim=8,
            moe_intermediate_size=8,
            num_experts=4,
            num_experts_per_tok=2,
            tie_word_embeddings=False,
        )
        source = save(tmp_path / "source", transformers.Qwen3MoeForCausalLM(config))
        merged = shutil.copytree(source, tmp_path / "merged")
        assert found(source) == found(source, source) == {}
        rewrite(merged, fused)
        missing = load(merged)[1]
        assert bool(missing) is (MAJOR == 4)
        for findings in (found(merged), found(merged, source)):
            assert (HERE in affects(findings, "moe-layout")) is bool(missing)
            assert "weights-not-loaded" not in findings
        if MAJOR > 4:
            finding = found(merged)["moe-layout"][0]
            run_lines(finding, "; then copy")
            assert same_tensors(tmp_path / "one-by-one", source)

    def test_split(self, tmp_path: Path) -> None:
        if not hasattr(transformers, "GptOssForCausalLM"):
            pytest.skip("this version has no model that is published fused")
        config = transformers.GptOssConfig(
            **{**TEXT, "num_hidden_layers": 2, "num_local_experts": 2, "head_dim": 8}
        )
        source = save(tmp_path / "source", transformers.GptOssForCausalLM(config))
        assert found(source) == {}
        merged = shutil.copytree(source, tmp_path / "merged")
        rewrite(merged, split)
        assert load(merged)[1]
        assert HERE in affects(found(merged, source), "moe-layout")


def fused(tensors: Tensors) -> Tensors:
    for layer in range(2):
        at = f"model.layers.{layer}.mlp.experts."
        each = [
            {kind: tensors.pop(f"{at}{i}.{kind}_proj.weight") for kind in ("gate", "up", "down")}
            for i in range(4)
        ]
        tensors[f"{at}gate_up_proj"] = torch.stack([torch.cat([e["gate"], e["up"]]) for e in each])
        tensors[f"{at}down_proj"] = torch.stack([e["down"] for e in each])
    return tensors


def split(tensors: Tensors) -> Tensors:
    for name in [name for name in tensors if name.endswith(("experts.gate_up_proj", "down_proj"))]:
        start, _, kind = name.rpartition(".")
        for number, one in enumerate(tensors.pop(name)):
            tensors[f"{start}.{number}.{kind}.weight"] = one.clone()
    return tensors


def test_loading_and_saving_drops_the_heads_for_speculation(tmp_path: Path) -> None:
    source = configure(save(tmp_path / "source"), num_nextn_predict_layers=1)
    extra = {"model.layers.4.eh_proj.weight": torch.ones(16, 32), "mtp.fc.weight": torch.ones(4)}
    rewrite(source, lambda tensors: {**tensors, **extra})
    assert found(source) == {}
    merged = save(tmp_path / "merged", transformers.AutoModelForCausalLM.from_pretrained(source))
    assert not set(extra) & set(safetensors.load_file(merged / SINGLE))
    (finding,) = found(merged, source)["mtp-heads-dropped"]
    assert finding.severity is Severity.WARNING
    assert set(found(merged, source)) == {"mtp-heads-dropped"}


def test_the_heads_for_speculation_are_copied_back(tmp_path: Path) -> None:
    source = configure(save(tmp_path / "source"), num_nextn_predict_layers=1)
    extra = {"mtp.fc.weight": torch.ones(4)}
    rewrite(source, lambda tensors: {**tensors, **extra})
    model = transformers.AutoModelForCausalLM.from_pretrained(source)
    merged = save(tmp_path / "merged", model, max_shard_size="10KB")
    run_lines(found(merged, source)["mtp-heads-dropped"][0])
    assert set(safetensors.load_file(merged / "mtp.safetensors")) == set(extra)
    assert found(merged, source) == {}
    assert load(merged)[1] == set()


def test_a_pickle_becomes_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickled(tmp_path / "pickle", 3)
    numbered(tmp_path / "source", 3)
    run_lines(found(tmp_path / "pickle")["bin-instead-of-safetensors"][0], "; then copy")
    assert same_tensors(tmp_path / "as-safetensors", tmp_path / "source")


def test_the_class_name_does_not_matter_to_the_library(tmp_path: Path) -> None:
    source = save(tmp_path / "source")
    merged = configure(save(tmp_path / "merged"), architectures=["LlamaModel"])
    model, missing = load(merged)
    assert type(model).__name__ == "LlamaForCausalLM"
    assert missing == set()
    for findings in (found(merged), found(merged, source)):
        assert set(findings) == {"architectures-mismatch"}
        assert HERE not in findings["architectures-mismatch"][0].affects


def test_a_model_saved_without_its_head(tmp_path: Path) -> None:
    bare = save(tmp_path, llama().model)
    assert json.loads((bare / "config.json").read_text())["architectures"] == ["LlamaModel"]
    assert found(bare) == {}
