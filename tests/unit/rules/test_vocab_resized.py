from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint, Tokenizer
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import Applicability, Edit, Finding, Severity, Undecided
from slowlens.rules.vocab_resized import check

LLAMA = {"model_type": "llama", "vocab_size": 64}


def of(
    rows: int = 64,
    head: int = 0,
    config: Any = LLAMA,
    ids: dict[str, int] | None = None,
    dtype: str = "BF16",
) -> Checkpoint:
    tensors = {"model.embed_tokens.weight": (dtype, (rows, 8))}
    tensors |= {"lm_head.weight": (dtype, (head, 8))} if head else {}
    found = made(config, tensors=tensors)
    return replace(found, tokenizer=Tokenizer(ids or {}))


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


def one(merged: Checkpoint, source: Checkpoint | None = None) -> Finding:
    (finding,) = findings(merged, source)
    return finding


class TestConfig:
    def test_rows_that_do_not_fit(self) -> None:
        finding = one(of(65, 65))
        assert finding.severity is Severity.ERROR
        assert finding.affects == (*TRANSFORMERS, *ENGINES)
        assert "config.json says vocab_size: 64, but model.embed_tokens.weight" in finding.message
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.UNSAFE
        assert finding.fix.edits == (Edit("config.json", ("vocab_size",), before=64, after=65),)

    def test_where_head_and_embedding_disagree_no_number_is_right(self) -> None:
        assert one(of(65, 66)).fix is None

    def test_a_nested_size(self) -> None:
        config = {"model_type": "llava", "text_config": {"vocab_size": 60}, "vocab_size": 64}
        assert "text_config.vocab_size: 60" in one(of(64, config=config)).message
        assert not findings(of(64, config={"model_type": "llava", "text_config": {}, **LLAMA}))

    @pytest.mark.parametrize(
        "checkpoint",
        [
            of(),
            of(64, 64),
            of(72, 64),
            of(64, 65),
            of(65, config={"model_type": "llama"}),
            of(65, config={**LLAMA, "vocab_size": "64"}),
            of(65, config={**LLAMA, "vocab_size": True}),
            of(65, dtype="U8"),
            of(65, config={"model_type": "bert", "vocab_size": 64}),
        ],
    )
    def test_sizes_that_fit_or_say_nothing(self, checkpoint: Checkpoint) -> None:
        assert not findings(checkpoint)

    def test_other_layouts_are_not_judged(self) -> None:
        assert not findings(made(LLAMA, tensors={"a": ("BF16", (5, 5))}))
        assert not findings(made(LLAMA, tensors={"model.embed_tokens.weight": ("BF16", (5,))}))

    def test_without_headers_it_is_not_fine(self) -> None:
        with pytest.raises(Undecided):
            findings(made(LLAMA))


class TestTokens:
    def test_a_token_without_a_row(self) -> None:
        finding = one(of(ids={"<a>": 3, "<b>": 64, "<c>": 5}))
        assert finding.severity is Severity.ERROR
        assert finding.message.startswith("the token <b> has the id 64, but the embedding has 64")
        assert "up to id 63" in finding.message
        assert not findings(of(ids={"<b>": 63}))

    def test_added_tokens_count(self) -> None:
        merged = replace(of(), tokenizer=Tokenizer(added={"<b>": 70}))
        assert "id 70" in one(merged).message

    def test_as_in_the_source(self) -> None:
        late = {"<b>": 64}
        assert not findings(of(ids=late), of(ids=late))
        assert findings(of(ids=late), of(ids={"<b>": 60}))
        assert len(findings(of(ids=late), of(128, ids=late, config={**LLAMA}))) == 2

    def test_markers_of_pictures_are_replaced_first(self) -> None:
        config = {"model_type": "gemma3n", "text_config": {"vocab_size": 64}}
        assert not findings(of(ids={"<audio>": 64}, config=config))


class TestSource:
    def test_new_rows(self) -> None:
        finding = one(of(128, config={**LLAMA, "vocab_size": 128}), of())
        assert finding.severity is Severity.NOTE
        assert finding.message.startswith("the embedding has 128 rows, and 64 in the source")
        assert "the 64 new ones" in finding.message
        assert "divides" not in finding.message
        assert (finding.affects, finding.fix, finding.cost) == ((), None, "")

    def test_rows_that_64_no_longer_divides(self) -> None:
        finding = one(of(65, config={**LLAMA, "vocab_size": 65}), of())
        assert "64 no longer divides their number" in finding.message
        assert finding.affects == TRANSFORMERS
        assert finding.fix is not None
        assert "pad_to_multiple_of=64" in finding.fix.reason
        assert "Tensor" not in finding.message
        assert finding.cost

    def test_rows_that_64_never_divided(self) -> None:
        finding = one(
            of(67, config={**LLAMA, "vocab_size": 67}), of(65, config={**LLAMA, "vocab_size": 65})
        )
        assert "divides" not in finding.message

    def test_fewer_rows(self) -> None:
        finding = one(of(64), of(128, config={**LLAMA, "vocab_size": 128}))
        assert "new ones" not in finding.message
        assert len(finding.evidence) == 2
        silent = one(of(64, config={"model_type": "llama"}), of(128))
        assert len(silent.evidence) == 1

    def test_the_same_rows(self) -> None:
        assert not findings(of(), of())
        assert not findings(of(), made(LLAMA))


@pytest.mark.parametrize("odd", ["x", -1, [], {"a": 1}, None, 1e999])
def test_odd_values_do_no_harm(odd: Any) -> None:
    findings(of(config={"model_type": odd, "vocab_size": odd, "text_config": odd}), of())
