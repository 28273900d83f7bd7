"""The whole diff: order, symmetry, and files of every shape."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs import LLAMA, compared, made
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.reports import diff_json, diff_text

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "real-configs"
"""Configs that people published; the tests that need them are skipped where there are none."""
KEYS = st.sampled_from(
    [
        *("rope_theta", "rope_scaling", "rope_parameters", "layer_types", "text_config", "size"),
        *("use_cache", "eos_token_id", "dtype", "torch_dtype", "model_type", "vision_config"),
        *("use_sliding_window", "sliding_window_pattern", "num_hidden_layers", "hidden_size"),
        *("num_attention_heads", "type", "rope_type", "full_attention", "eos_token", "content"),
        *("min_pixels", "image_processor", "do_sample", "added_tokens_decoder", "max_pixels"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**6),
    st.floats(),
    st.sampled_from(["llama", "gemma3", "qwen2_5_vl", "x", "default", "float32"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FILES = st.dictionaries(KEYS, VALUES, max_size=8)


def test_ranked_by_effect_then_file_then_key() -> None:
    source = made({**LLAMA, "vocab_size": 9}, {"eos_token_id": 2}, {"bos_token": "a"})
    merged = made(
        {**LLAMA, "vocab_size": 8, "use_cache": False, "architectures": ["A"]},
        {"eos_token_id": 3, "use_cache": False, "num_beams": 2},
        {"bos_token": "b"},
    )
    found = compared(source, merged).differences
    assert [(d.effect, d.file, d.key) for d in found] == [
        (Effect.SPEED, "config.json", "use_cache"),
        (Effect.SPEED, "generation_config.json", "num_beams"),
        (Effect.SPEED, "generation_config.json", "use_cache"),
        (Effect.LENGTH, "generation_config.json", "eos_token_id"),
        (Effect.OUTPUT, "config.json", "vocab_size"),
        (Effect.OUTPUT, "tokenizer_config.json", "bos_token"),
        (Effect.COSMETIC, "config.json", "architectures"),
    ]


@given(FILES, FILES, FILES, FILES)
def test_any_files_can_be_compared_and_both_ways_round(
    one: dict[str, object],
    other: dict[str, object],
    more: dict[str, object],
    rest: dict[str, object],
) -> None:
    source = made(one, more, rest, preprocessor_config_json=other)
    merged = made(other, rest, more, processor_config_json=one)
    there, back = compared(source, merged), compared(merged, source)
    assert {(d.file, d.key) for d in there.differences} == {
        (d.file, d.key) for d in back.differences
    }
    for render in (diff_text.render, diff_text.render_all, diff_json.render):
        assert render(there)


@given(FILES, FILES)
def test_a_checkpoint_is_like_itself(one: dict[str, object], other: dict[str, object]) -> None:
    same = made(one, other, one, preprocessor_config_json=other, processor_config_json=one)
    assert compared(same, same) == Diff()


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no published configs here")
def test_published_checkpoints() -> None:
    folders = sorted(folder for folder in PUBLISHED.iterdir() if folder.is_dir())
    checkpoints = [read_checkpoint(folder) for folder in folders]
    for one, other in pairwise(checkpoints):
        assert compared(one, one) == Diff(), one.root
        diff_text.render_all(compared(one, other))


class TestText:
    SPEED = Difference("f.json", "a", True, False, Effect.SPEED, "why")

    def test_nothing(self) -> None:
        assert diff_text.render(Diff()) == "No difference that matters.\n"

    def test_side_by_side(self) -> None:
        assert diff_text.render(Diff((self.SPEED,))).splitlines() == [
            "1 difference: 1 speed.",
            "",
            "speed",
            "  f.json",
            "    a  true  →  false",
            "      why",
        ]

    def test_what_has_no_effect_is_counted_or_shown(self) -> None:
        found = Diff((), (self.SPEED, self.SPEED))
        assert diff_text.render(found).endswith(
            "2 differences in spelling only, or of no effect; --all shows them.\n"
        )
        assert "f.json" in diff_text.render_all(found)

    def test_long_values_stand_below_each_other_and_are_cut(self) -> None:
        long = Difference("f.json", "k" * 120, "x" * 500, "y", Effect.OUTPUT, "z " * 100)
        lines = diff_text.render(Diff((long,))).splitlines()
        assert max(map(len, lines)) <= 98
        assert lines[5].startswith('      source  "xxx')
        assert lines[5].endswith("…")
        assert lines[6] == '      merged  "y"'

    def test_a_note_for_several_rows_is_told_once(self) -> None:
        rows = tuple(Difference("f", key, 1, 2, Effect.OUTPUT, "note") for key in "abc")
        assert diff_text.render(Diff(rows)).count("note") == 1

    def test_bytes_have_a_unit(self) -> None:
        size = Difference("weights", "size in bytes", 1_000_000, 2_000_000, Effect.MEMORY)
        assert "1 MB  →  2 MB" in diff_text.render(Diff((size,)))

    def test_absent_is_not_null(self) -> None:
        rows = (Difference("f", "a", merged=None), Difference("f", "b", source=None))
        text = diff_text.render(Diff(rows))
        assert "(absent)  →  null" in text
        assert "null  →  (absent)" in text


def test_json_leaves_an_absent_key_out() -> None:
    text = diff_json.render(Diff((Difference("f", "a", merged=None),)))
    assert '"merged": null' in text
    assert '"source"' not in text
    assert '"schema_version": 1' in text
