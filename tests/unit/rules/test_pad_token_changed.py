from dataclasses import replace
from typing import Any

import pytest

from pairs import LLAMA, made, merged_of, source_of
from slowlens.facts.runtimes import GENERATE, TRANSFORMERS
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.pad_token_changed import check
from talking import ADDED, END, talking

FILE, GENERATION = "tokenizer_config.json", "generation_config.json"
TEXT_END = "<|endoftext|>"


def found(
    pad: str | None,
    there: str | None = TEXT_END,
    *,
    unk: str | None = None,
    source: bool = True,
    added: Any = ADDED,
    generation: Any = None,
    settings: Any = None,
    **config: Any,
) -> tuple[Finding, ...]:
    here = talking(
        {"pad_token": pad} if settings is None else settings,
        tokens={"pad_token": pad, "unk_token": unk},
        added=added,
        generation=generation or {},
        config={**LLAMA, "vocab_size": 10, **config},
    )
    other = source_of(talking({}, tokens={"pad_token": there}))
    return tuple(check(merged_of(here), other if source else None))


def edit(finding: Finding) -> Edit:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    (found_edit,) = finding.fix.edits
    return found_edit


def test_a_token_that_is_gone() -> None:
    (finding,) = found(None, settings={})
    assert (finding.severity, finding.affects) == (Severity.WARNING, GENERATE)
    assert finding.message.endswith("the source has <|endoftext|>")
    assert edit(finding) == Edit(FILE, ("pad_token",), before=ABSENT, after=TEXT_END)


def test_where_the_sources_token_does_not_exist_the_end_token_does() -> None:
    (finding,) = found(None, "[PAD]")
    assert edit(finding).after == END
    (finding,) = found(None, "[PAD]", added={"[PAD]": 10, END: 2})
    assert edit(finding).after == END
    (finding,) = found(None, "[PAD]", added={"[PAD]": 10, END: 11})
    assert finding.fix is None


def test_an_id_outside_the_vocabulary() -> None:
    (finding,) = found("[PAD]", added={**ADDED, "[PAD]": 10}, source=False)
    assert finding.severity is Severity.ERROR
    assert "has the id 10" in finding.message
    assert edit(finding) == Edit(FILE, ("pad_token",), before="[PAD]", after=END)
    assert found("[PAD]", added={**ADDED, "[PAD]": 9}) == ()


def test_generation_config_is_read_as_well() -> None:
    (finding,) = found(TEXT_END, generation={"pad_token_id": 10})
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("generation_config.json pads with 10")
    assert edit(finding) == Edit(GENERATION, ("pad_token_id",), before=10, after=0)
    (finding,) = found(TEXT_END, added={}, generation={"pad_token_id": 10})
    assert finding.fix is None
    assert found(TEXT_END, generation={"pad_token_id": 9}) == ()
    (finding,) = found(TEXT_END, added={TEXT_END: 20, END: 2}, generation={"pad_token_id": 10})[1:]
    assert edit(finding).after == 2


def test_config_names_an_id_that_has_no_row() -> None:
    (finding,) = found(TEXT_END, pad_token_id=10)
    assert (finding.severity, finding.affects) == (Severity.ERROR, TRANSFORMERS)
    assert finding.cost == "the model does not load"
    assert edit(finding) == Edit("config.json", ("pad_token_id",), before=10, after=0)
    (finding,) = found(TEXT_END, text_config={"pad_token_id": 10, "vocab_size": 10})
    assert edit(finding).pointer == ("text_config", "pad_token_id")
    assert found(TEXT_END, pad_token_id=9) == ()
    assert found(TEXT_END, pad_token_id=-1) == (), "the last row, as LLaMA 1 has it"
    assert found(TEXT_END, pad_token_id=0) == ()
    assert found(TEXT_END, pad_token_id=["x"]) == ()


@pytest.mark.parametrize(
    ("tensors", "alarm"),
    [
        ({"model.embed_tokens.weight": ("BF16", (11, 8))}, False),
        ({"model.embed_tokens.weight": ("BF16", (10, 8))}, True),
        ({"model.embed_tokens.weight": ("BF16", ())}, True),
        ({"model.norm.weight": ("BF16", (11,))}, True),
    ],
)
def test_the_embedding_itself_counts(tensors: Any, alarm: bool) -> None:
    config = {**LLAMA, "vocab_size": 10, "pad_token_id": 10}
    here = replace(talking({}, config=config), weights=made(tensors=tensors).weights)
    assert bool(list(check(merged_of(here), None))) is alarm


def test_a_row_before_the_first_does_not_exist() -> None:
    tensors = {"model.embed_tokens.weight": ("BF16", (11, 8))}
    here = talking({}, config={**LLAMA, "vocab_size": 10}, generation={"pad_token_id": -1})
    here = replace(here, weights=made(tensors=tensors).weights)
    assert list(check(merged_of(here), None))


@pytest.mark.parametrize("family", ["musicgen", "musicgen_melody", "moshi"])
def test_families_with_a_row_of_their_own_for_padding(family: str) -> None:
    decoder = {"vocab_size": 10, "pad_token_id": 10}
    config = {"model_type": family, "decoder": decoder}
    assert found(TEXT_END, generation={"pad_token_id": 10}, **config) == ()


def test_the_unknown_token_is_a_note() -> None:
    (finding,) = found("<unk>", unk="<unk>", added={**ADDED, "<unk>": 5})
    assert finding.severity is Severity.NOTE
    assert finding.cost == ""
    assert edit(finding).after == TEXT_END
    assert found("<unk>", "<unk>", unk="<unk>") == ()
    assert found("<unk>", None, unk="<unk>") == ()
    assert found("<unk>", unk="<unk>", source=False) == ()


@pytest.mark.parametrize(
    ("pad", "there"),
    [
        (END, TEXT_END),
        ("<|vision_pad|>", TEXT_END),
        (None, None),
        (TEXT_END, None),
        (TEXT_END, TEXT_END),
    ],
)
def test_no_alarm(pad: str | None, there: str | None) -> None:
    assert found(pad, there) == ()


def test_models_that_write_nothing_and_folders_without_tokenizer() -> None:
    generation = {"pad_token_id": 10}
    kind = {"architectures": ["LlamaForSequenceClassification"]}
    assert found(None, generation=generation, **kind) == ()
    there = source_of(talking({}, tokens={"pad_token": TEXT_END}))
    bare = talking(None, names=(), added={}, tokens={"pad_token": None, "eos_token": None})
    assert not list(check(merged_of(bare), there))


def test_odd_values() -> None:
    assert found(TEXT_END, generation={"pad_token_id": "x"}) == ()
    assert found("[PAD]", added={"[PAD]": 99}, vocab_size="10") == ()


def test_musicgen_has_a_row_for_padding_behind_its_vocabulary() -> None:
    assert found(END, generation={"pad_token_id": 10})
    assert not found(END, generation={"pad_token_id": 10}, model_type="musicgen")
