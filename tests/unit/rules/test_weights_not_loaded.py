from dataclasses import replace
from typing import Any, ClassVar

import pytest

from pairs import QWEN, made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, FileProblem
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.facts.weights.tensors import tensor_changes
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.rules.weights_not_loaded import check

KIND = ("BF16", (8, 8))
EACH = ("mlp.up_proj.weight", "self_attn.q_proj.weight")
LLAMA = {"model_type": "llama", "num_hidden_layers": 5, "architectures": ["LlamaForCausalLM"]}


def names(layers: int = 5, prefix: str = "model.") -> list[str]:
    found = [f"{prefix}layers.{layer}.{name}" for layer in range(layers) for name in EACH]
    return [f"{prefix}embed_tokens.weight", *found, "lm_head.weight"]


def of(tensors: Any, config: Any = LLAMA) -> Checkpoint:
    named = tensors if isinstance(tensors, dict) else dict.fromkeys(tensors, KIND)
    return made(config, tensors=named)


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    if source is None:
        return list(check(merged_of(merged), None, None))
    changes = tensor_changes(source.weights, merged.weights)
    return list(check(merged_of(merged), source_of(source), changes))


def one(merged: Checkpoint, source: Checkpoint | None = None) -> Finding:
    (finding,) = findings(merged, source)
    assert finding.severity is Severity.ERROR
    assert finding.evidence
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    return finding


def reason(finding: Finding) -> str:
    assert finding.fix is not None
    return finding.fix.reason


SOUND = of(names())


def test_a_sound_checkpoint() -> None:
    assert not findings(SOUND)
    assert not findings(SOUND, SOUND)


class TestPrefixes:
    @pytest.mark.parametrize(
        "wrapper", ["_orig_mod.", "module.", "base_model.model.", "_fsdp_wrapped_module."]
    )
    @pytest.mark.parametrize("source", [None, SOUND])
    def test_what_training_left_hides_everything(
        self, wrapper: str, source: Checkpoint | None
    ) -> None:
        finding = one(of([f"{wrapper}{name}" for name in names()]), source)
        assert finding.message.startswith(f"12 of 12 tensors have {wrapper} in their names")
        assert finding.affects == EVERY
        assert finding.confidence is Confidence.READ
        assert "every answer is noise" in finding.cost
        assert wrapper.replace(".", r"\.") in reason(finding)
        assert finding.fix is not None
        assert finding.fix.title == "Rename"

    def test_a_layer_of_an_adapter(self) -> None:
        merged = of([name.replace("q_proj.", "q_proj.base_layer.") for name in names()])
        finding = one(merged)
        assert finding.message.startswith("5 of 12 tensors have base_layer. in their names")
        assert "for one matrix" in finding.cost
        assert "merge_and_unload" in reason(finding)
        assert finding.fix is not None
        assert finding.fix.title == "Merge before saving"

    def test_an_adapter_below_another_wrapper_is_merged_not_renamed(self) -> None:
        lora = "model.layers.0.self_attn.q_proj.lora_A.default.weight"
        finding = one(of([f"base_model.model.{name}" for name in (*names(), lora)]))
        assert finding.message.startswith("13 of 13 tensors have base_model.model. in their names")
        assert "merge_and_unload" in reason(finding)

    def test_a_repeated_language_model(self) -> None:
        good = ["model.visual.blocks.0.qkv.weight", *names(2, "model.language_model.")]
        bad = [name.replace("model.visual", "model.language_model.visual") for name in good]
        twice = "model.language_model.language_model."
        bad = [name.replace("model.language_model.l", f"{twice}l") for name in bad]
        for source in (None, of(good, QWEN)):
            finding = one(of(bad, QWEN), source)
            assert "have language_model. in their names" in finding.message
            assert r"language_model\.(?=(language_model|vis)" in reason(finding)
        assert not findings(of(good, QWEN))
        assert "(?=" not in reason(one(of([f"module.{name}" for name in names()]))).replace(
            "(?<=", ""
        )

    def test_names_that_the_source_has_too(self) -> None:
        wrapped = of([f"module.{name}" for name in names()])
        assert not findings(wrapped, wrapped)

    def test_a_doubled_model_is_repaired_by_transformers_5(self) -> None:
        finding = one(of(names(prefix="model.model.")))
        assert finding.affects == (Runtime.TRANSFORMERS_4, *ENGINES, Runtime.LLAMA_CPP)
        assert one(of(names(prefix="model.model.")), SOUND).affects == finding.affects
        assert not findings(of(names(prefix="model.model.")), of(names(prefix="model.model.")))

    def test_other_models_may_have_such_names(self) -> None:
        assert not findings(of(["model.model.foo.weight"], {"model_type": "other"}))
        assert not findings(of(names(2, "model.model."), QWEN))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("model.", "model.language_model."),
            ("language_model.model.", "model.language_model."),
            ("model.language_model.", "model."),
        ],
    )
    def test_layouts_of_a_vision_model(self, old: str, new: str) -> None:
        source = of(["visual.blocks.0.attn.qkv.weight", *names(2, old)], QWEN)
        merged = of(["model.visual.blocks.0.attn.qkv.weight", *names(2, new)], QWEN)
        assert not findings(merged, source)

    def test_names_with_and_without_their_first_part(self) -> None:
        config = {"model_type": "gpt2"}
        short = of(["wte.weight", "h.0.attn.c_attn.weight"], config)
        long = of(["transformer.wte.weight", "transformer.h.0.attn.c_attn.weight"], config)
        assert not findings(short, long)
        assert not findings(long, short)


class TestTextConfig:
    @pytest.mark.parametrize("prefix", ["language_model.model.", "model.language_model."])
    def test_a_text_config_beside_a_vision_model(self, prefix: str) -> None:
        finding = one(of(["visual.blocks.0.qkv.weight", *names(prefix=prefix)]))
        assert "config.json is of a text model (llama)" in finding.message
        assert finding.affects == EVERY

    @pytest.mark.parametrize(
        "config",
        [
            {**LLAMA, "architectures": ["QwenForConditionalGeneration"]},
            {**LLAMA, "architectures": []},
            {**LLAMA, "architectures": "LlamaForCausalLM"},
            {**LLAMA, "architectures": [5]},
            {**LLAMA, "text_config": {"num_hidden_layers": 5}},
            {**LLAMA, "model_type": "gemma3_text"},
        ],
    )
    def test_classes_that_find_them(self, config: Any) -> None:
        assert not findings(of(names(prefix="language_model.model."), config))

    def test_other_names_do_not_count(self) -> None:
        assert not findings(of([*names(), "language_model.projector.weight"]))


class TestMissing:
    def test_one_of_many(self) -> None:
        merged = of([name for name in names() if name != "model.layers.2.mlp.up_proj.weight"])
        finding = one(merged, SOUND)
        assert finding.message.startswith("1 of the source's 12 tensors are in no file")
        assert "model.layers.2.mlp.up_proj.weight" in finding.message
        assert finding.confidence is Confidence.READ
        assert "for one matrix" in finding.cost

    def test_many_are_grouped(self) -> None:
        finding = one(of(names(2)), SOUND)
        assert "6 of the source's 12" in finding.message
        assert "model.layers.*.mlp.up_proj.weight, model.layers.*.self" in finding.message

    def test_all(self) -> None:
        assert "noise" in one(of(["foo.weight"]), of(["bar.weight"])).cost

    def test_a_lone_gap_is_suspected_without_a_source(self) -> None:
        merged = of([name for name in names() if name != "model.layers.2.mlp.up_proj.weight"])
        finding = one(merged)
        assert "no file holds layers.2.mlp.up_proj.weight, which all other" in finding.message
        assert finding.confidence is Confidence.SUSPECTED

    @pytest.mark.parametrize("layer", [0, 4])
    def test_the_first_and_the_last_layer_may_differ(self, layer: int) -> None:
        gone = f"model.layers.{layer}.mlp.up_proj.weight"
        assert not findings(of([name for name in names() if name != gone]))

    def test_layers_of_two_kinds(self) -> None:
        gone = {f"model.layers.{layer}.mlp.up_proj.weight" for layer in (1, 3)}
        assert not findings(of([name for name in names() if name not in gone]))

    @pytest.mark.parametrize("nested", [True, False])
    def test_layers_that_share_keys_and_values(self, nested: bool) -> None:
        text = {"num_hidden_layers": 5, "num_kv_shared_layers": 1}
        config = {"model_type": "gemma4", "text_config": text} if nested else {**LLAMA, **text}
        gone = "model.layers.2.mlp.up_proj.weight"
        assert not findings(of([name for name in names() if name != gone], config))

    def test_few_layers_tell_little(self) -> None:
        gone = "model.layers.1.mlp.up_proj.weight"
        config = {**LLAMA, "num_hidden_layers": 3}
        assert not findings(of([name for name in names(3) if name != gone], config))

    def test_whole_layers_without_a_source(self) -> None:
        gone = ("model.layers.1.", "model.layers.3.")
        finding = one(of([name for name in names() if not name.startswith(gone)]))
        assert "layers that no file holds (1, 3)" in finding.message
        assert finding.confidence is Confidence.READ
        assert "(1, 2, 3 and 1 more)" in one(of(names(1))).message

    @pytest.mark.parametrize(
        "config",
        [
            {**LLAMA, "num_hidden_layers": "5"},
            {**LLAMA, "num_hidden_layers": True},
            {**LLAMA, "num_hidden_layers": -1},
            {**LLAMA, "is_encoder_decoder": True},
            {"model_type": "llama"},
        ],
    )
    def test_depths_that_say_nothing(self, config: Any) -> None:
        assert not findings(of(names(2), config))

    def test_a_layer_of_two_halves(self) -> None:
        config = {"model_type": "longcat_flash", "num_hidden_layers": 10, "num_layers": 5}
        assert not findings(of(names(), config))
        assert "(4)" in one(of(names(4), config)).message

    def test_an_absurd_depth_takes_no_time(self) -> None:
        assert (
            "and 999995 more" in one(of(names(2), {**LLAMA, "num_hidden_layers": 10**18})).message
        )

    def test_layers_of_eyes_and_ears_are_not_those_of_the_text(self) -> None:
        eyes = [f"vision_tower.encoder.layers.{i}.{EACH[0]}" for i in range(9)]
        assert "(2, 3, 4)" in one(of([*eyes, *names(2)])).message
        assert not findings(of([*eyes, *names()]))
        assert not findings(of([*eyes, "model.layers.x.q.weight", "model.layers.9999999.q"]))


class TestLostOnPurpose:
    @pytest.mark.parametrize(
        "name",
        [
            "model.layers.0.self_attn.rotary_emb.inv_freq",
            "model.embeddings.position_ids",
            "model.layers.0.attn.masked_bias",
            "model.layers.0.q_proj.lora_A.weight",
            "mtp.fc.weight",
            "model.layers.5.eh_proj.weight",
            "model.layers.5.mlp.up_proj.weight",
            "lm_head.weight",
            "model.layers.0.q_proj.scales",
        ],
    )
    def test_tensors_of_other_rules_and_of_none(self, name: str) -> None:
        rest = [n for n in names() if n != name]
        assert not findings(of(rest), of([*rest, name]))
        assert not findings(of([*rest, name]), of(rest))

    def test_a_fused_layout_has_a_rule_of_its_own(self) -> None:
        split = [f"model.layers.0.mlp.experts.{i}.up_proj.weight" for i in range(4)]
        fused = ["model.layers.0.mlp.experts.gate_up_proj"]
        assert not findings(of([*names(), *fused]), of([*names(), *split]))
        assert "1 of" in one(of([*names(), *split[1:]]), of([*names(), *split])).message

    def test_keys_of_layers_that_share_them_are_missed_by_engines_alone(self) -> None:
        gone = ["model.layers.4.self_attn.k_proj.weight", "model.layers.3.self_attn.v_norm.weight"]
        for text in (LLAMA, {"model_type": "gemma4", "text_config": {"num_hidden_layers": 5}}):
            nested = "text_config" in text
            sharing = {"num_kv_shared_layers": 2}
            config = (
                {**text, "text_config": {**text["text_config"], **sharing}}
                if nested
                else {**text, **sharing}
            )
            finding = one(of(names(), config), of([*names(), *gone], config))
            assert finding.affects == ENGINES
            assert finding.message.startswith("2 tensors of layers that share keys and values")
        early = ["model.layers.2.self_attn.k_proj.weight"]
        assert one(of(names(), config), of([*names(), *early], config)).affects == EVERY
        other = ["model.layers.4.self_attn.o_proj.weight"]
        assert one(of(names(), config), of([*names(), *other], config)).affects == EVERY
        assert one(of(names()), of([*names(), *gone])).affects == EVERY

    def test_packed_weights(self) -> None:
        packed = [name.replace("q_proj.weight", "q_proj.qweight") for name in names()]
        assert not findings(of(packed), SOUND)
        assert not findings(SOUND, of(packed))

    def test_experts_of_gpt_oss_unpacked_for_training(self) -> None:
        at = "model.layers.0.mlp.experts.gate_up_proj"
        packed = of([*names(), f"{at}_blocks", f"{at}_scales"], {"model_type": "gpt_oss"})
        unpacked = of([*names(), at], {"model_type": "gpt_oss"})
        assert not findings(unpacked, packed)
        assert not findings(packed, unpacked)

    @pytest.mark.parametrize("end", ["weight_scale_inv", "input_scale", "weight_shape", "SCB"])
    def test_companions_of_packed_weights(self, end: str) -> None:
        packed = of([*names(), f"model.layers.0.mlp.up_proj.{end}"])
        assert not findings(SOUND, packed)
        assert not findings(packed, SOUND)

    def test_another_model_type_is_another_model(self) -> None:
        eyes = of([*names(), "visual.patch_embed.weight"], {"model_type": "qwen2_5_vl"})
        assert not findings(SOUND, eyes)

    def test_a_part_that_the_class_does_not_have(self) -> None:
        reward = {**LLAMA, "architectures": ["LlamaForSequenceClassification"]}
        assert not findings(SOUND, of([*names(), "score.weight"], reward))
        assert "score" in one(SOUND, of([*names(), "score.weight"])).message

    def test_a_shared_embedding_is_saved_once(self) -> None:
        config = {"model_type": "t5", "is_encoder_decoder": True}
        twice = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        assert not findings(of(["shared.weight"], config), of(twice, config))
        assert findings(of(["decoder.embed_tokens.weight"], config), of(twice, config))


class TestEmpty:
    def test_without_elements(self) -> None:
        tensors = dict.fromkeys(names(), KIND) | {
            "model.layers.1.mlp.up_proj.weight": ("BF16", (0,))
        }
        finding = one(of(tensors))
        assert "1 of 12 tensors have no elements, such as model.layers.1.mlp" in finding.message
        assert finding.cost == "it does not load"
        assert "stage3_gather" in reason(finding)
        assert one(of(tensors), SOUND).message == finding.message
        assert not findings(of(tensors), of(tensors))


class TestShards:
    def test_unmerged(self) -> None:
        files = {f"model_world_size_2_rank_{i}.pt": 5 for i in range(2)}
        folder = made(LLAMA)
        finding = one(replace(folder, files={**folder.files, **files}))
        assert "2 un-merged FSDP shards" in finding.message
        assert "model_merger" in reason(finding)

    def test_beside_weights_they_are_only_in_the_way(self) -> None:
        shard = {"model_world_size_1_rank_0.pt": 5}
        assert not findings(replace(SOUND, files={**SOUND.files, **shard}))
        pickle = replace(made(LLAMA), files={"pytorch_model.bin": 5, **shard})
        with pytest.raises(Undecided):
            findings(pickle)


def test_what_was_not_read_is_not_fine() -> None:
    with pytest.raises(Undecided, match="no safetensors headers"):
        findings(made(LLAMA))
    broken = replace(of(names(2)), problems=(FileProblem("model.safetensors", "is cut off", ""),))
    with pytest.raises(Undecided, match="not all files"):
        findings(broken)
    index = replace(of(names(2)), problems=(FileProblem("model.safetensors.index.json", "", ""),))
    with pytest.raises(Undecided, match="not all files"):
        findings(index)
    other = replace(of(names(2)), problems=(FileProblem("tokenizer.json", "", ""),))
    assert findings(other)


def test_names_are_judged_even_when_a_file_is_damaged() -> None:
    problems = (FileProblem("model.safetensors", "is cut off", ""),)
    assert one(replace(of([f"module.{name}" for name in names(2)]), problems=problems))


def test_a_source_without_headers_is_no_source() -> None:
    assert "(2, 3, 4)" in one(of(names(2)), made(LLAMA)).message


@pytest.mark.parametrize("odd", ["x", 5, [], {"a": 1}, None, True])
def test_odd_values_do_no_harm(odd: Any) -> None:
    config = {"model_type": odd, "architectures": odd, "num_hidden_layers": odd, "text_config": odd}
    findings(of(names(), config), of(names(2), config))


class TestATowerOfTransformers5:
    CONFIG: ClassVar[dict[str, Any]] = {
        "model_type": "llava",
        "architectures": ["LlavaForConditionalGeneration"],
        "text_config": {"model_type": "llama", "num_hidden_layers": 1},
        "vision_config": {"model_type": "clip_vision_model"},
    }
    TEXT = ("language_model.model.embed_tokens.weight", "language_model.lm_head.weight")
    PARTS = ("encoder.layers.0.mlp.fc1.weight", "embeddings.patch_embedding.weight")

    def tower(self, prefix: str, **config: Any) -> Checkpoint:
        text = (*self.TEXT, "language_model.model.layers.0.mlp.up_proj.weight")
        return of((*text, *(prefix + part for part in self.PARTS)), self.CONFIG | config)

    def test_transformers_4_does_not_find_it(self) -> None:
        new, old = self.tower("vision_tower."), self.tower("vision_tower.vision_model.")
        for source in (None, old):
            finding = one(new, source)
            assert finding.affects == (Runtime.TRANSFORMERS_4,)
            assert "2 of 5 tensors are of a vision tower" in finding.message
            assert "'vision_tower.vision_model.', k): v for" in reason(finding)
        assert not findings(old, new)

    @pytest.mark.parametrize(
        "config",
        [
            {"vision_config": {"model_type": "pixtral"}},
            {"vision_config": "clip_vision_model"},
            {"model_type": "newer_than_4"},
        ],
    )
    def test_other_towers(self, config: Any) -> None:
        assert not findings(self.tower("vision_tower.", **config))

    def test_other_names(self) -> None:
        assert not findings(self.tower("vision_tower.vision_tower.vision_model."))
        assert not findings(self.tower("model.visual."))
