from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.facts.weights.tied import TIE
from slowlens.findings import Applicability, Confidence, Edit, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.tie_head_mismatch import check

V4, V5 = GENERATE
KIND = ("BF16", (16, 8))
EMBEDDING = {"model.embed_tokens.weight": KIND}
BOTH = EMBEDDING | {"lm_head.weight": KIND}
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
ON, OFF = {**LLAMA, TIE: True}, {**LLAMA, TIE: False}


def merged(config: Any, tensors: Any, equal: bool | None = None) -> Merged:
    found = made(config, tensors=tensors)
    return merged_of(replace(found, weights=replace(found.weights, head_is_embedding=equal)))


def source(config: Any, tensors: Any, equal: bool | None = None) -> Source:
    found = made(config, tensors=tensors)
    return source_of(replace(found, weights=replace(found.weights, head_is_embedding=equal)))


def one(*args: Any, against: Source | None = None) -> Finding:
    (finding,) = check(merged(*args), against)
    assert finding.confidence is Confidence.READ
    return finding


class TestHeadThatDiffers:
    def test_it_is_dropped_where_the_model_is_tied(self) -> None:
        finding = one(ON, BOTH, False)
        assert finding.severity is Severity.ERROR
        assert finding.affects == (V4, *ENGINES)
        assert "model.safetensors holds lm_head.weight" in finding.message
        assert [e.pointer for e in finding.evidence] == [(TIE,), ()]  # type: ignore[union-attr]
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.UNSAFE
        assert finding.fix.edits == (Edit("config.json", (TIE,), before=True, after=False),)
        assert finding.fix.title == "Keep the head that was trained"

    def test_another_shape_is_another_head(self) -> None:
        assert one(ON, {**BOTH, "lm_head.weight": ("BF16", (20, 8))}).affects == (V4, *ENGINES)
        with pytest.raises(Undecided, match="compared"):
            list(check(merged(ON, {**BOTH, "lm_head.weight": ("U8", (20, 8))}), None))

    def test_a_class_that_ties_by_default_gets_the_key(self) -> None:
        finding = one({"model_type": "gemma2"}, BOTH, False)
        assert finding.fix is not None
        assert finding.fix.edits == (Edit("config.json", (TIE,), before=ABSENT, after=False),)

    def test_both_levels_of_a_composite_model_are_set(self) -> None:
        config = {"model_type": "qwen2_5_vl", TIE: False, "text_config": {TIE: True}}
        finding = one(config, BOTH, False)
        assert finding.affects == (V4,)
        assert finding.fix is not None
        edit = Edit("config.json", ("text_config", TIE), before=True, after=False)
        assert finding.fix.edits == (edit,)

    def test_what_the_source_does_too_is_less_grave(self) -> None:
        finding = one(ON, BOTH, False, against=source(ON, BOTH, False))
        assert finding.severity is Severity.WARNING
        assert finding.message.endswith(", as with the source")
        for sound in (source(ON, BOTH, True), source(OFF, BOTH, False), source(ON, BOTH)):
            finding = one(ON, BOTH, False, against=sound)
            assert finding.severity is Severity.ERROR
            assert "source" not in finding.message

    @pytest.mark.parametrize("config", [OFF, LLAMA])
    def test_an_untied_model_has_one(self, config: Any) -> None:
        assert not list(check(merged(config, BOTH, False), None))

    def test_a_copy_of_the_embedding_only_takes_room(self) -> None:
        assert not list(check(merged(ON, BOTH, True), None))

    def test_what_could_not_be_compared_is_not_fine(self) -> None:
        with pytest.raises(Undecided, match="compared"):
            list(check(merged(ON, BOTH), None))


class TestNoHead:
    @pytest.mark.parametrize("config", [OFF, LLAMA, {"model_type": "llama"}])
    def test_it_is_random_where_the_model_is_not_tied(self, config: Any) -> None:
        finding = one(config, EMBEDDING)
        assert finding.severity is Severity.ERROR
        assert finding.affects == (*GENERATE, *ENGINES, Runtime.FORWARD)
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.MANUAL
        assert "--source" in finding.fix.reason

    def test_the_message_tells_a_key_from_a_default(self) -> None:
        assert "does not tie it" in one(OFF, EMBEDDING).message
        assert "for llama means false" in one(LLAMA, EMBEDDING).message

    def test_only_the_version_that_does_not_tie(self) -> None:
        config = {"model_type": "mistral3", TIE: False, "text_config": {TIE: True}}
        finding = one(config, EMBEDDING)
        assert finding.affects == (V5,)
        assert "ties it at text_config.tie_word_embeddings, where others look" in finding.message

    def test_saved_by_transformers_5_and_read_by_4(self) -> None:
        config = {"model_type": "qwen2_5_vl", TIE: True, "text_config": {}}
        finding = one(config, EMBEDDING)
        assert finding.affects == (V4,)
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.UNSAFE
        edit = Edit("config.json", ("text_config", TIE), before=ABSENT, after=True)
        assert finding.fix.edits == (edit,)

    def test_as_the_source_is_tied(self) -> None:
        finding = one(OFF, EMBEDDING, against=source(ON, EMBEDDING))
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.UNSAFE
        assert finding.fix.edits == (Edit("config.json", (TIE,), before=False, after=True),)

    @pytest.mark.parametrize("tie", [ON, OFF])
    def test_the_head_of_the_source_is_copied(self, tie: Any) -> None:
        finding = one(OFF, EMBEDDING, against=source(tie, BOTH, False))
        assert finding.fix is not None
        if tie is OFF:
            assert finding.fix.applicability is Applicability.MANUAL
            assert "AutoModelForCausalLM" in finding.fix.reason
        else:
            assert finding.fix.applicability is Applicability.UNSAFE

    def test_the_head_of_a_vision_model_is_copied(self) -> None:
        config = {"model_type": "mistral3", TIE: False, "text_config": {TIE: False}}
        finding = one(config, EMBEDDING, against=source(config, BOTH, False))
        assert finding.fix is not None
        assert "AutoModelForImageTextToText" in finding.fix.reason

    def test_gone_although_the_source_has_its_own(self) -> None:
        finding = one(ON, EMBEDDING, against=source(OFF, BOTH, False))
        assert finding.severity is Severity.ERROR
        assert finding.affects == (*GENERATE, *ENGINES, Runtime.LLAMA_CPP)
        assert "the source has a head of its own (lm_head.weight)" in finding.message
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.MANUAL

    def test_a_tied_model_needs_none(self) -> None:
        assert not list(check(merged(ON, EMBEDDING), None))
        assert not list(check(merged(ON, EMBEDDING), source(ON, EMBEDDING)))
        assert not list(check(merged(ON, EMBEDDING), source(ON, BOTH, True)))
        assert not list(check(merged(ON, EMBEDDING), source(OFF, BOTH, True)))

    def test_a_model_that_was_published_without_one(self) -> None:
        assert not list(check(merged(OFF, EMBEDDING), source(OFF, EMBEDDING)))

    def test_a_source_whose_headers_are_not_read_excuses_nothing(self) -> None:
        assert list(check(merged(OFF, EMBEDDING), source(OFF, {})))

    def test_code_of_its_own_may_name_the_head_as_it_likes(self) -> None:
        config = {**OFF, "auto_map": {"AutoModelForCausalLM": "m.Mine"}}
        assert not list(check(merged(config, EMBEDDING), None))
        assert one(config, EMBEDDING, against=source(config, BOTH, False))

    def test_models_without_a_place_for_one(self) -> None:
        for names in (["LlamaModel"], ["LlamaForSequenceClassification"]):
            assert not list(check(merged({**OFF, "architectures": names}, EMBEDDING), None))
        assert not list(check(merged({**OFF, "is_encoder_decoder": True}, EMBEDDING), None))


def test_other_layouts_are_not_judged() -> None:
    assert not list(check(merged(OFF, {"model.tokens.weight": KIND}), None))


def test_an_unknown_model_type_is_not_guessed_at() -> None:
    assert not list(check(merged({"model_type": "unheard_of"}, EMBEDDING), None))


def test_without_files_it_is_not_fine() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged(None, EMBEDDING), None))
    with pytest.raises(Undecided, match="safetensors"):
        list(check(merged(ON, {}), None))


@pytest.mark.parametrize("odd", ["true", 3, [], {"a": 1}, None, 1e999])
def test_odd_values_do_no_harm(odd: Any) -> None:
    for config in ({**LLAMA, TIE: odd}, {TIE: odd, "text_config": odd, "model_type": odd}):
        list(check(merged({**config, "architectures": odd}, BOTH, False), None))
