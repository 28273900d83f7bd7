import json
import math
import os
from hashlib import sha256
from pathlib import Path

import pytest

from slowlens.gather.jsonfile import JsonFile, read_json

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 269060552\n"
UNREADABLE = {
    "empty": (b"", "is empty", "Download or copy"),
    "blank": (b" \n\t", "is empty", "Download or copy"),
    "lfs": (LFS, "is a Git LFS pointer that stands for 269.1 MB", "git lfs pull"),
    "lfs without a size": (LFS[:60], "stands for the real file", "git lfs pull"),
    "html": (b"\n<!DOCTYPE html><html>", "is a web page", "login or error page"),
    "zip": (b"PK\x03\x04...", "is a zip archive or a PyTorch pickle", "safetensors"),
    "zeros": (bytes(500), "nothing but zero bytes", "Download or copy"),
    "utf-16": ('{"a": 1}'.encode("utf-16"), "is UTF-16", "UTF-8 without a byte order mark"),
    "utf-16 unmarked": ('{"a": 1}'.encode("utf-16-le"), "is UTF-16", "UTF-8"),
    "bom": (b'\xef\xbb\xbf{"a": 1}', "begins with a byte order mark", "UTF-8 without"),
    "latin-1": (b'{\n "a": "\xe9"}', "is not UTF-8: byte 0xe9 at line 2, column 8", "UTF-8"),
    "list": (b"[1]", "holds a list where an object {…} should be", "source checkpoint"),
    "number": (b"7", "holds a single value where an object", "source checkpoint"),
    "deep": (b'{"a":' * 150 + b"1" + b"}" * 150, "nested more than 100 levels", "No checkpoint"),
    "very deep": (b'{"a":' + b"[" * 50_000, "nested more than 100 levels", "No checkpoint"),
    "many": (b'{"a": [' + b"0," * 100_000 + b"0]}", "holds more than 100,000", "No checkpoint"),
    "long number": (b'{"a": ' + b"1" * 5000 + b"}", "a number with thousands of digits", "Correct"),
    "half": (b'{"a": "\\ud800"}', "holds half of a character", "Correct"),
    "comment": (b'{\n  "a": 1 // one\n}', "is not JSON at line 2, column 10", "no comments"),
    "trailing comma": (b'{"a": 1,\n}', "is not JSON at line", "Delete the comma"),
    "trailing comma in a list": (b'{"a": [1, ]}', "is not JSON at line 1", "Delete the comma"),
    "missing comma": (b'{"a": 1\n"b": 2}', "at line 2, column 1: expecting ','", "Put a comma"),
    "python": (b'{"a": True}', "at line 1, column 7: expecting value", "Python's spelling"),
    "quotes": (b"{'a': 1}", "is not JSON at line 1, column 2", "double quotes"),
    "conflict": (b"{\n<<<<<<< HEAD\n}", "is not JSON at line 2, column 1", "merge conflict"),
    "cut off": (b'{"a": {', "is not JSON at line 1, column 8", "end of the file is missing"),
    "cut off in text": (b'{"a": "bc', "is not JSON at line 1, column 7", "end of the file"),
    "two objects": (b"{} {}", "is not JSON at line 1, column 4: extra data", "Correct"),
}


def read(folder: Path, data: bytes) -> JsonFile:
    path = folder / "config.json"
    path.write_bytes(data)
    return read_json(path)


@pytest.mark.parametrize("data", [b'{"a": [1, 2.5, null], "b": {"c": "\xc3\xa9"}}\n', b"{}"])
def test_sound(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) == JsonFile(json.loads(data), sha256(data).hexdigest())


@pytest.mark.parametrize(("data", "message", "hint"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(tmp_path: Path, data: bytes, message: str, hint: str) -> None:
    file = read(tmp_path, data)
    (problem,) = file.problems
    assert file.values is None
    assert file.sha256 == sha256(data).hexdigest()
    assert problem.file == "config.json"
    assert message in problem.message
    assert hint in problem.hint


def test_whole_characters_are_fine_in_any_spelling(tmp_path: Path) -> None:
    file = read(tmp_path, rb'{"a": "\ud83d\ude00", "b": "\\ud800"}')
    assert file.values == {"a": "😀", "b": "\\ud800"}
    assert file.problems == ()


def test_numbers_that_are_not_json_are_read_and_told(tmp_path: Path) -> None:
    file = read(tmp_path, b'{"a": "NaN",\n "b": NaN, "c": [-Infinity]}')
    assert file.values is not None
    assert math.isnan(file.values["b"])  # type: ignore[arg-type]
    assert file.values["c"] == [-math.inf]
    first, second = file.problems
    assert first.message.startswith("has NaN at line 2, column 7: that is not JSON")
    assert "-Infinity at line 2, column 18" in second.message


def test_the_last_of_two_equal_keys_counts(tmp_path: Path) -> None:
    file = read(
        tmp_path, b'{"use_cache": true,\n "x": {"use_cache": 1},\n "use\\u005fcache": false}'
    )
    (problem,) = file.problems
    assert file.values == {"use_cache": False, "x": {"use_cache": 1}}
    assert '"use_cache" at line 1, column 2 and again at line 3, column 2' in problem.message


def test_only_the_first_oddities_are_told(tmp_path: Path) -> None:
    assert len(read(tmp_path, b'{"a": [' + b"NaN, " * 100 + b"1]}").problems) == 5


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(10**12)
    (problem,) = read_json(path).problems
    assert problem.message == "is 1.0 TB large: no more than 64.0 MB are read"


def test_not_a_file(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        file = read_json(path)
        assert (file.values, file.sha256) == (None, "")
        assert file.problems[0].hint
        return file.problems[0].message

    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("blobs/gone")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    assert message(tmp_path / "folder") == "is a folder where a file should be"
    assert message(tmp_path / "dangling") == 'is a link that leads nowhere, to "blobs/gone"'
    assert message(tmp_path / "fifo") == "is a pipe, socket or device, not a file"
    assert message(tmp_path / "absent") == "is missing"
    assert message(tmp_path / "loop").startswith("cannot be read: ")
    assert message(Path("/dev/zero")) == "is a pipe, socket or device, not a file"


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything
    (problem,) = read(tmp_path, b"{}").problems
    assert problem.message == "may not be read: no permission"
    assert "chmod" in problem.hint


def test_a_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b'{"a": 1}')
    (tmp_path / "config.json").symlink_to("blob")
    assert read_json(tmp_path / "config.json").values == {"a": 1}


def test_text_from_a_file_cannot_play_tricks_on_a_terminal(tmp_path: Path) -> None:
    file = read(tmp_path, b'{"\\u001b[31m\\n": 1, "\\u001b[31m\\n": 2}')
    assert r'"\x1b[31m\n"' in file.problems[0].message
    long = b'{"' + b"k" * 500 + b'": NaN, "' + b"k" * 500 + b'": 1}'
    assert max(len(problem.message) for problem in read(tmp_path, long).problems) < 200
