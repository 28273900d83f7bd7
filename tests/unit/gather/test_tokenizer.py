import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from builders import TOKENIZER_CONFIG, write_json
from slowlens.facts.checkpoint import FileProblem, Tokenizer
from slowlens.gather.jsonfile import read_json
from slowlens.gather.tokenizer import read_tokenizer

IM_END, TEXT_END = "<|im_end|>", "<|endoftext|>"
ADDED = [{"id": 0, "content": TEXT_END}, {"id": 2, "content": IM_END}]


def read(root: Path) -> tuple[Tokenizer, tuple[FileProblem, ...]]:
    names = {path.name for path in root.iterdir()}
    files = {n: read_json(root / n) for n in names if n.endswith(".json") and n != "tokenizer.json"}
    return read_tokenizer(
        root, names, {n: f.values for n, f in files.items() if f.values is not None}
    )


def sound(root: Path) -> Tokenizer:
    tokenizer, problems = read(root)
    assert problems == ()
    return tokenizer


def write(root: Path, **files: object) -> Path:
    for name, values in files.items():
        write_json(root / f"{name}.json", values)
    return root


def test_everything_in_tokenizer_config(tmp_path: Path) -> None:
    ids, file = {TEXT_END: 0, IM_END: 2}, "tokenizer_config.json"
    assert sound(write(tmp_path, tokenizer_config=TOKENIZER_CONFIG)) == Tokenizer(
        ids, IM_END, TOKENIZER_CONFIG["chat_template"], file, file, added=ids
    )


def test_nothing(tmp_path: Path) -> None:
    assert sound(tmp_path) == Tokenizer()


def test_ids_from_tokenizer_json(tmp_path: Path) -> None:
    write(tmp_path, tokenizer={"version": "1.0", "added_tokens": ADDED, "model": {"vocab": {}}})
    assert sound(tmp_path).token_ids == {TEXT_END: 0, IM_END: 2}


def test_ids_from_all_files_are_put_together(tmp_path: Path) -> None:
    config = {"added_tokens_decoder": {"7": {"content": "seven"}, "2": {"content": "two"}}}
    write(tmp_path, tokenizer={"added_tokens": ADDED}, tokenizer_config=config)
    assert sound(tmp_path).token_ids == {"seven": 7, "two": 2, TEXT_END: 0, IM_END: 2}


def test_added_tokens_json_counts_only_without_a_newer_list(tmp_path: Path) -> None:
    write(tmp_path, added_tokens={IM_END: 9, "bad": "x"})
    assert sound(tmp_path).token_ids == {IM_END: 9}
    write(tmp_path, tokenizer_config=TOKENIZER_CONFIG)
    assert sound(tmp_path).token_ids == {TEXT_END: 0, IM_END: 2}


def test_thousands_of_added_tokens_in_a_large_file(
    tmp_path: Path, bytes_read: Counter[str]
) -> None:
    many = [{"id": n, "content": f"<unused{n}>", "special": True} for n in range(40_000)]
    vocab = {f"tök{n}": n for n in range(500_000)}
    text = json.dumps({"added_tokens": many, "model": {"vocab": vocab}}, ensure_ascii=False)
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    assert len(sound(tmp_path).token_ids) == 40_000
    assert bytes_read["tokenizer.json"] < 5_000_000 < len(text)


def test_only_the_beginning_of_a_large_file_is_read(
    tmp_path: Path, bytes_read: Counter[str]
) -> None:
    text = json.dumps({"added_tokens": ADDED, "model": {"vocab": "x" * 30_000_000}})
    (tmp_path / "tokenizer.json").write_text(text)
    assert sound(tmp_path).token_ids == {TEXT_END: 0, IM_END: 2}
    assert 0 < bytes_read["tokenizer.json"] < 300_000


def test_added_tokens_at_the_end_of_the_file(tmp_path: Path) -> None:
    text = json.dumps(
        {"model": {"vocab": "é" * 1_000_000}, "added_tokens": ADDED}, ensure_ascii=False
    )
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    assert sound(tmp_path).token_ids == {TEXT_END: 0, IM_END: 2}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\nsize 17209961\n",
            "pointer that stands for 17.2 MB",
        ),
        (b'{"added_tokens": [{"id": 0', "is cut off"),
        (b"", "is cut off"),
        (b"{}", "has no list of added_tokens"),
        (b'{"added_tokens": [}', "has no list of added_tokens"),
        (b'{"added_tokens": ' + b"[" * 100_000 + b"}", "has no list of added_tokens"),
    ],
)
def test_a_damaged_tokenizer_json(tmp_path: Path, data: bytes, message: str) -> None:
    write(tmp_path, tokenizer_config=TOKENIZER_CONFIG)
    (tmp_path / "tokenizer.json").write_bytes(data)
    tokenizer, (problem,) = read(tmp_path)
    assert problem.file == "tokenizer.json"
    assert message in problem.message
    assert problem.hint
    assert tokenizer.token_ids == {TEXT_END: 0, IM_END: 2}


@pytest.mark.parametrize("added", [[1, None, {"id": "2", "content": "x"}, {"id": 3}], []])
def test_odd_entries_of_tokenizer_json_are_left_out(tmp_path: Path, added: list[Any]) -> None:
    assert sound(write(tmp_path, tokenizer={"added_tokens": added})).token_ids == {}


@pytest.mark.parametrize(
    "decoder",
    [
        [],
        "x",
        5,
        {"x": {"content": "a"}},
        {"1": 5},
        {"1": {"content": 5}},
        {"9" * 5000: {"content": "a"}},
    ],
)
def test_odd_decoders_are_left_out(tmp_path: Path, decoder: object) -> None:
    tokenizer = sound(write(tmp_path, tokenizer_config={"added_tokens_decoder": decoder}))
    assert tokenizer.token_ids == {}


@pytest.mark.parametrize("token", [IM_END, {"__type": "AddedToken", "content": IM_END}])
def test_end_token(tmp_path: Path, token: object) -> None:
    write(tmp_path, tokenizer_config={"eos_token": token, "added_tokens_decoder": {}})
    assert sound(tmp_path).eos_token == IM_END


@pytest.mark.parametrize("token", [None, 5, [], {}, {"content": None}])
def test_no_end_token(tmp_path: Path, token: object) -> None:
    tokenizer = sound(write(tmp_path, tokenizer_config={"eos_token": token}))
    assert (tokenizer.eos_token, tokenizer.eos_file) == (None, "tokenizer_config.json")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"eos_token": "new"}, ("old", "special_tokens_map.json")),
        ({"eos_token": "new", "added_tokens_decoder": {}}, ("new", "tokenizer_config.json")),
        ({"added_tokens_decoder": {}}, (None, "tokenizer_config.json")),
        ({}, ("old", "special_tokens_map.json")),
    ],
)
def test_the_file_that_decides_the_end_token(
    tmp_path: Path, config: dict[str, object], expected: tuple[str | None, str]
) -> None:
    """As transformers 4.51 and 5.23 do: the decoder decides whether the map is read."""
    write(tmp_path, tokenizer_config=config, special_tokens_map={"eos_token": "old"})
    tokenizer = sound(tmp_path)
    assert (tokenizer.eos_token, tokenizer.eos_file) == expected


@pytest.mark.parametrize("file", ["tokenizer", "vocab"])
def test_an_end_token_of_the_base_vocabulary(tmp_path: Path, file: str) -> None:
    vocab = {"a": 0, '</s"é': 513, "b": 514}
    values = {"added_tokens": [], "model": {"vocab": vocab}} if file == "tokenizer" else vocab
    write(tmp_path, tokenizer_config={"eos_token": '</s"é'})
    text = json.dumps(values, ensure_ascii=False)
    (tmp_path / f"{file}.json").write_text(text, encoding="utf-8")
    assert sound(tmp_path).token_ids == {'</s"é': 513}


def test_an_end_token_that_is_nowhere(tmp_path: Path) -> None:
    write(tmp_path, tokenizer_config={"eos_token": "x"}, vocab={"y": 1})
    assert sound(tmp_path).token_ids == {}
    (tmp_path / "vocab.json").unlink()
    (tmp_path / "vocab.json").mkdir()
    assert read(tmp_path)[0].token_ids == {}


def template(root: Path) -> str | None:
    return sound(root).chat_template


def test_the_template_that_wins(tmp_path: Path) -> None:
    write(tmp_path, chat_template={"chat_template": "processor"})
    assert template(tmp_path) == "processor"
    write(tmp_path, tokenizer_config={"chat_template": "config"})
    assert template(tmp_path) == "config"
    (tmp_path / "chat_template.jinja").write_text("jinja é", encoding="utf-8")
    assert template(tmp_path) == "jinja é"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}], "d"),
        ([{"name": "rag", "template": "r"}, 5, {"name": 5, "template": "x"}], "r"),
        ([], None),
        ({"default": "x"}, "x"),
        ({"rag": "x"}, None),
        ({"default": 5}, None),
        (5, None),
    ],
)
def test_templates_in_other_forms(tmp_path: Path, value: object, expected: str | None) -> None:
    assert template(write(tmp_path, tokenizer_config={"chat_template": value})) == expected


def test_a_template_that_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, tokenizer_config={"chat_template": "config"})
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff")
    tokenizer, (problem,) = read(tmp_path)
    assert tokenizer.chat_template == "config"
    assert problem.message == "is not UTF-8: byte 0xff at line 1, column 1"


HEAD = {
    "version": "1.0",
    "truncation": {"max_length": 8},
    "padding": None,
    "added_tokens": ADDED,
    "normalizer": {"model": 1, "padding": 5},
    "post_processor": {"type": "ByteLevel"},
    "decoder": None,
}


def test_settings_before_the_vocabulary(tmp_path: Path, bytes_read: Counter[str]) -> None:
    values = {**HEAD, "model": {"vocab": "x" * 30_000_000, "truncation": 7}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(values))
    tokenizer = sound(tmp_path)
    keys = ("truncation", "padding", "post_processor")
    assert tokenizer.settings == {key: HEAD[key] for key in keys}
    assert tokenizer.added == {TEXT_END: 0, IM_END: 2}
    assert 0 < bytes_read["tokenizer.json"] < 300_000


def test_settings_behind_a_long_list(tmp_path: Path) -> None:
    many = [{"id": n, "content": f"<unused{n}>"} for n in range(10_000)]
    values = {"added_tokens": many, "post_processor": 5, "model": {}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(values))
    tokenizer = sound(tmp_path)
    assert tokenizer.settings == {"post_processor": 5}
    assert len(tokenizer.added) == 10_000


def test_settings_behind_the_vocabulary_are_not_looked_for(tmp_path: Path) -> None:
    values = {"model": {}, "added_tokens": ADDED, "truncation": 5}
    (tmp_path / "tokenizer.json").write_text(json.dumps(values))
    tokenizer = sound(tmp_path)
    assert (tokenizer.settings, tokenizer.added) == ({}, {TEXT_END: 0, IM_END: 2})


def test_special_tokens_of_every_role(tmp_path: Path) -> None:
    config = {"bos_token": "<s>", "pad_token": {"content": "<p>"}, "unk_token": 5}
    tokenizer = sound(write(tmp_path, tokenizer_config=config, special_tokens_map={"pad_token": 7}))
    assert (tokenizer.bos_token, tokenizer.pad_token, tokenizer.unk_token) == ("<s>", "<p>", None)


def test_a_padding_token_of_the_base_vocabulary(tmp_path: Path) -> None:
    write(tmp_path, tokenizer_config={"pad_token": "b"}, vocab={"a": 0, "b": 5})
    tokenizer = sound(tmp_path)
    assert (tokenizer.token_ids, tokenizer.added) == ({"b": 5}, {})


def test_the_file_of_the_template(tmp_path: Path) -> None:
    assert sound(tmp_path).template_file == ""
    write(tmp_path, chat_template={"chat_template": "processor"})
    assert sound(tmp_path).template_file == "chat_template.json"
    write(tmp_path, tokenizer_config={"chat_template": "config"})
    assert sound(tmp_path).template_file == "tokenizer_config.json"
    (tmp_path / "chat_template.jinja").write_text("jinja")
    assert sound(tmp_path).template_file == "chat_template.jinja"
