"""Editing JSON text: the value is what was asked for, and no other line changes."""

import copy
import json
import os
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slowlens.errors import JsonError
from slowlens.findings import Edit
from slowlens.jsonedit import edit_json, read_object
from slowlens.jsonspans import root_of, scan
from slowlens.jsonvalue import ABSENT, Absent, lookup, same

CONFIG = """\
{
  "architectures": [
    "LlamaForCausalLM"
  ],
  "eps": 1e-06,
  "text_config": {
    "use_cache": false
  },
  "use_cache": false
}
"""


def edited(text: str, pointer: str, after: Any, before: Any = "anything") -> str:
    return edit_json(
        text.encode(), Edit("f.json", tuple(pointer.split(".")), before, after)
    ).decode()


def test_a_value_is_replaced_where_it_stands() -> None:
    assert edited(CONFIG, "use_cache", True) == CONFIG.replace(
        '"use_cache": false\n}\n', '"use_cache": true\n}\n'
    )


def test_a_nested_value_is_replaced() -> None:
    assert edited(CONFIG, "text_config.use_cache", True) == CONFIG.replace(
        '    "use_cache": false', '    "use_cache": true'
    )


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', "a", '{\n  "b": 2,\n  "c": 3\n}'),
        ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', "b", '{\n  "a": 1,\n  "c": 3\n}'),
        ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', "c", '{\n  "a": 1,\n  "b": 2\n}'),
        ('{\n  "a": 1\n}', "a", "{\n}"),
        ('{\n  "a": [\n    1\n  ],\n  "b": 2\n}', "a", '{\n  "b": 2\n}'),
        ('{\n  "a": 1,  \n    "b": 2\n}', "a", '{\n    "b": 2\n}'),
        ('{\r\n\t"a": 1,\r\n\t"b": 2\r\n}\r\n', "a", '{\r\n\t"b": 2\r\n}\r\n'),
        ('{\r\n\t"a": 1,\r\n\t"b": 2\r\n}\r\n', "b", '{\r\n\t"a": 1\r\n}\r\n'),
        ('{"a": 1, "b": 2, "c": 3}', "a", '{"b": 2, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "b", '{"a": 1, "c": 3}'),
        ('{"a":1,"b":2,"c":3}', "c", '{"a":1,"b":2}'),
        ('{ "a": 1 }', "a", "{}"),
        ('{"a": 1,\n "b": 2}', "a", '{\n "b": 2}'),
        ('{\n  "a": 1, "b": 2,\n  "c": 3\n}', "a", '{\n  "b": 2,\n  "c": 3\n}'),
        ('{\n  "a": 1, "b": 2,\n  "c": 3\n}', "b", '{\n  "a": 1,\n  "c": 3\n}'),
        ('{\n  "a": 1\n  , "b": 2\n  , "c": 3\n}', "a", '{\n  "b": 2\n  , "c": 3\n}'),
        ('{\n  "a": 1\n  , "b": 2\n  , "c": 3\n}', "b", '{\n  "a": 1\n  , "c": 3\n}'),
        ('{\n  "a": 1\n  , "b": 2\n  , "c": 3\n}', "c", '{\n  "a": 1\n  , "b": 2\n}'),
        ('{"a": 1}', "b", '{"a": 1}'),
    ],
)
def test_a_deleted_member_takes_its_line_and_comma_with_it(
    text: str, key: str, expected: str
) -> None:
    assert edited(text, key, ABSENT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "new": true\n}\n'),
        ('{\n    "a": 1,\n    "b": 2\n}', '{\n    "a": 1,\n    "b": 2,\n    "new": true\n}'),
        ('{\r\n\t"a": 1\r\n}', '{\r\n\t"a": 1,\r\n\t"new": true\r\n}'),
        ('{"a": 1}', '{"a": 1, "new": true}'),
        ('{"a":1}', '{"a":1,"new":true}'),
        ('{"a":1,"b":2}', '{"a":1,"b":2,"new":true}'),
        ('{ "a" : 1 }', '{ "a" : 1, "new" : true }'),
        ('{\n  "a": 1\n  , "b": 2\n}', '{\n  "a": 1\n  , "b": 2\n  , "new": true\n}'),
        ("{}", '{\n  "new": true\n}'),
        ("{\n}\n", '{\n  "new": true\n}\n'),
        ('\ufeff{\n  "a": 1\n}', '\ufeff{\n  "a": 1,\n  "new": true\n}'),
    ],
)
def test_a_new_member_comes_last_in_the_style_of_its_object(text: str, expected: str) -> None:
    assert edited(text, "new", True, ABSENT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n\t"in": {}\n}', '{\n\t"in": {\n\t\t"new": 1\n\t}\n}'),
        ('{"in": {}}', '{"in": {"new": 1}}'),
        ('{\n  "in": {"a":1}\n}', '{\n  "in": {"a":1, "new":1}\n}'),
        ('{\n  "a": 1\n}', '{\n  "a": 1,\n  "in": {\n    "new": 1\n  }\n}'),
    ],
)
def test_a_nested_member_is_added_and_its_object_too_if_need_be(text: str, expected: str) -> None:
    assert edited(text, "in.new", 1, ABSENT) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ('{\n  "e": 2\n}', [2, 7], '{\n  "e": [2, 7]\n}'),
        ('{"e":2}', [2, 7], '{"e":[2,7]}'),
        ('{\n  "e": [\n    2\n  ]\n}', [2, 7], '{\n  "e": [\n    2,\n    7\n  ]\n}'),
        ('{\n  "e": [2],\n  "a": [\n    1\n  ]\n}', [7], '{\n  "e": [7],\n  "a": [\n    1\n  ]\n}'),
        (
            '{\r\n  "a": [\r\n    1\r\n  ],\r\n  "e": 2\r\n}',
            [2, 7],
            '{\r\n  "a": [\r\n    1\r\n  ],\r\n  "e": [\r\n    2,\r\n    7\r\n  ]\r\n}',
        ),
        (
            '{\n  "e": 2\n}',
            {"b": [{"c": None}]},
            '{\n  "e": {\n    "b": [\n      {\n        "c": null\n      }\n    ]\n  }\n}',
        ),
        ('{"e": 2}', {"a": [1]}, '{"e": {"a": [1]}}'),
    ],
)
def test_lists_and_objects_are_written_as_the_file_writes_them(
    text: str, value: Any, expected: str
) -> None:
    assert edited(text, "e", value) == expected


def test_a_long_list_gets_a_line_for_each_item() -> None:
    assert edited('{\n  "e": 2\n}', "e", list(range(100))).count("\n") == 103


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"e": "x"}', '{"e": "\\u00e9"}'),
        ('{"e": "x", "ü": 1}', '{"e": "é", "ü": 1}'),
    ],
)
def test_other_characters_are_escaped_where_the_file_escapes_them(text: str, expected: str) -> None:
    assert edited(text, "e", "é") == expected


def test_a_lone_surrogate_stays_an_escape() -> None:
    assert edited('{"ü": 1}', "ü", "\ud800") == '{"ü": "\\ud800"}'


@pytest.mark.parametrize(
    ("pointer", "doubled"), [("a", "a"), ("t.a", "t"), ("t.a.b", "t"), ("u.b", "u.b")]
)
@pytest.mark.parametrize("after", [3, ABSENT])
def test_a_key_that_stands_there_twice_is_refused(
    pointer: str, doubled: str, after: int | Absent
) -> None:
    text = '{"a": 1, "t": {"a": 1}, "a": 1, "t": {"a": 1}, "u": {"b": 1, "b": 1}}'
    with pytest.raises(JsonError, match=rf"^f\.json: {doubled} stands there more than once$"):
        edited(text, pointer, after, 1)


def test_a_key_that_stands_twice_elsewhere_is_no_hindrance() -> None:
    text = '{"a": 1, "t": {"a": 1}, "t": 2, "u": {"b": 1}}'
    assert edited(text, "u.b", 3, 1) == text.replace('"b": 1', '"b": 3')


def test_what_is_the_same_already_is_not_touched() -> None:
    text = '{"use_cache" :true , "eps":1.0E-5}'
    assert edited(text, "use_cache", True, True) == text
    assert edited(text, "eps", 0.00001, 1e-5) == text


def test_nan_and_odd_numbers_elsewhere_stay() -> None:
    text = '{"a": NaN, "b": -Infinity, "c": 1E+2, "d": "\\u00e9\\/", "use_cache": false}'
    assert edited(text, "use_cache", True) == text.replace("false", "true")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.json is not readable JSON: Expecting value: line 1 column 1"),
        (b'{"a": 1,}', "f.json is not readable JSON"),
        (b"[1]", "f.json does not hold a JSON object"),
        (b'{"a": "\xff"}', "f.json is not UTF-8 text"),
        (b'{"a":' * 100_000, "f.json is not readable JSON"),
    ],
)
def test_what_is_no_json_object_is_refused_with_a_hint(content: bytes, message: str) -> None:
    with pytest.raises(JsonError, match=message) as caught:
        edit_json(content, Edit("f.json", ("a",), 1, 2))
    assert "f.json" in caught.value.hint


def test_a_member_of_what_is_no_object_is_refused() -> None:
    with pytest.raises(JsonError, match=r"f\.json: text_config is not an object"):
        edited('{"text_config": null}', "text_config.use_cache", True, ABSENT)


KEYS = st.sampled_from(["a", "b", "use_cache", "text_config", "é", 'qu"ote', "[", "{"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(["{", '"}', "\\", ",\n", "[\n", "\u2028"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2, 4, "\t"]),
        "colon": st.sampled_from([": ", ":", " : "]),
        "newline": st.sampled_from(["\n", "\r\n"]),
        "mark": st.sampled_from(["", "\ufeff"]),
        "end": st.sampled_from(["", "\n", "\n\n"]),
        "ensure_ascii": st.booleans(),
    }
)


def written(values: Any, style: dict[str, Any]) -> str:
    comma = ", " if style["indent"] is None and style["colon"] != ":" else ","
    text = json.dumps(
        values,
        indent=style["indent"],
        separators=(comma, style["colon"]),
        ensure_ascii=style["ensure_ascii"],
    )
    return style["mark"] + (text + style["end"]).replace("\n", style["newline"])


@st.composite
def objects_in(draw: st.DrawFn, values: dict[str, Any]) -> tuple[str, ...]:
    """Draw the pointer of an object of the document, the document itself included."""
    pointer: tuple[str, ...] = ()
    while inner := [key for key, value in values.items() if isinstance(value, dict)]:
        if draw(st.booleans()):
            break
        key = draw(st.sampled_from(inner))
        pointer, values = (*pointer, key), values[key]
    return pointer


@st.composite
def edits_of(draw: st.DrawFn, values: dict[str, Any]) -> Edit:
    pointer = draw(objects_in(values))
    holder = lookup(values, pointer)
    assert isinstance(holder, dict)
    key = draw(st.sampled_from(list(holder)) if holder and draw(st.booleans()) else KEYS)
    before = holder.get(key, ABSENT)
    return Edit("f.json", (*pointer, key), before, draw(VALUES | st.just(ABSENT)))


def model(values: dict[str, Any], edit: Edit) -> dict[str, Any]:
    values = copy.deepcopy(values)
    holder = lookup(values, edit.pointer[:-1])
    assert isinstance(holder, dict)
    if edit.after is ABSENT:
        holder.pop(edit.pointer[-1], None)
    else:
        holder[edit.pointer[-1]] = edit.after
    return values


def ordered(text: str) -> Any:
    return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=list)


def common(left: list[str], right: list[str]) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))))


def changed_lines(before: str, after: str) -> tuple[int, int]:
    """Return how many lines differ on either side, between the first and the last difference."""
    left, right = before.split("\n"), after.split("\n")
    head = common(left, right)
    tail = min(common(left[::-1], right[::-1]), min(len(left), len(right)) - head)
    return len(left) - head - tail, len(right) - head - tail


def lines_of(value: Any, style: dict[str, Any]) -> int:
    return 1 if value is ABSENT else written(value, style | {"end": ""}).count("\n") + 1


@settings(deadline=None)
@given(st.data(), DOCUMENTS, STYLES)
def test_any_edit_of_any_document(data: st.DataObject, values: Any, style: dict[str, Any]) -> None:
    text = written(values, style)
    edit = data.draw(edits_of(values))
    after = edit_json(text.encode(), edit).decode()
    assert ordered(after) == ordered(json.dumps(model(values, edit)))
    if same(edit.before, edit.after):
        assert after == text
        return
    touched, _ = changed_lines(text, after)
    # The member's own lines, and the line before or after it that gains or loses a comma or brace.
    assert touched <= lines_of(edit.before, style) + 1
    assert after.count("\r\n") == (after.count("\n") if "\r\n" in text else 0)
    assert after.startswith("\ufeff") == text.startswith("\ufeff")
    assert after.endswith(style["end"].replace("\n", style["newline"]))


@settings(deadline=None)
@given(st.data(), DOCUMENTS, STYLES)
def test_scalars_come_out_as_if_the_file_had_been_written_so(
    data: st.DataObject, values: Any, style: dict[str, Any]
) -> None:
    edit = data.draw(edits_of(values))
    expected = model(values, edit)
    assume(not isinstance(edit.after, dict | list) and not same(edit.before, edit.after))
    assume(all(lookup(d, edit.pointer[:-1]) for d in (values, expected)))
    style |= {"ensure_ascii": True}
    after = edit_json(written(values, style).encode(), edit).decode()
    assert after == written(expected, style)


@st.composite
def scattered(draw: st.DrawFn, value: Any) -> str:
    """Write a value with random blanks and line ends between all of its tokens."""
    gap = draw(st.sampled_from(["", " ", "\n", "\n  ", "\r\n\t", "  \n\n "]))
    other = draw(st.sampled_from(["", " ", "\n "]))
    if isinstance(value, dict):
        items = [
            gap + json.dumps(key) + other + ":" + draw(scattered(item))
            for key, item in value.items()
        ]
        return "{" + f"{other},".join(items) + gap + "}"
    if isinstance(value, list):
        return "[" + f"{gap},".join(draw(scattered(item)) for item in value) + other + "]"
    return other + json.dumps(value) + draw(st.sampled_from(["", " ", "\n"]))


@settings(deadline=None)
@given(st.data(), DOCUMENTS)
def test_hand_made_layouts_keep_their_other_lines(data: st.DataObject, values: Any) -> None:
    text = data.draw(scattered(values))
    edit = data.draw(edits_of(values))
    assume(not same(edit.before, edit.after))
    after = edit_json(text.encode(), edit).decode()
    assert ordered(after) == ordered(json.dumps(model(values, edit)))
    start, stop = neighbourhood(text, edit)
    left, right = text.split("\n"), after.split("\n")
    first, rest = text[:start].count("\n"), text[stop:].count("\n")
    assert left[:first] == right[:first]
    assert left[len(left) - rest :] == right[len(right) - rest :]


def neighbourhood(text: str, edit: Edit) -> tuple[int, int]:
    """Return the offsets between which an edit may change lines."""
    holder = root_of(text)
    for key in edit.pointer[:-1]:
        (inner,) = (member for member in holder.members if member.key == key)
        holder = scan(text, inner.value, spread=holder.spread)
    names = [member.key for member in holder.members]
    if edit.pointer[-1] not in names:
        return holder.members[-1].end if names else holder.start, holder.close
    index = names.index(edit.pointer[-1])
    member = holder.members[index]
    if edit.after is not ABSENT:
        return member.start, member.end
    before = holder.members[index - 1].end if index else holder.start
    after = holder.members[index + 1].start if index + 1 < len(names) else holder.close
    return before, after


def real_files() -> list[Path]:
    beside = Path(__file__).parents[2].parent / "shared/data/real-configs"
    folder = Path(os.environ.get("SLOWLENS_REAL_CONFIGS", beside))
    return sorted(folder.rglob("*.json"))


@pytest.mark.skipif(not real_files(), reason="no published configs at hand")
def test_published_files_change_in_the_touched_line_only() -> None:
    tried = 0
    for path in real_files():
        content = path.read_bytes()
        try:
            values = read_object(content, path.name)
        except JsonError:
            continue
        for pointer, before in members(values):
            lines = json.dumps(before, indent=2).count("\n") + 1
            edit = Edit(path.name, pointer, before, "another value")
            replaced = edit_json(content, edit)
            assert read_object(replaced, path.name) == model(values, edit)
            assert changed_lines(content.decode(), replaced.decode())[0] <= lines
            edit = Edit(path.name, pointer, before, ABSENT)
            deleted = edit_json(content, edit)
            assert changed_lines(content.decode(), deleted.decode())[0] <= lines + 1
            assert read_object(deleted, path.name) == model(values, edit)
            if isinstance(before, dict) and before:
                edit = Edit(path.name, (*pointer, "slowlens"), ABSENT, True)
                inner = edit_json(content, edit)
                assert changed_lines(content.decode(), inner.decode()) in [(1, 2), (1, 1)]
                assert read_object(inner, path.name) == model(values, edit)
        added = edit_json(content, Edit(path.name, ("slowlens",), ABSENT, True))
        assert changed_lines(content.decode(), added.decode()) in [(1, 2), (1, 1)]
        tried += 1
    assert tried > 90


def members(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield the pointer and the value of every key, at any depth; of long objects some keys."""
    for key in list(values)[:40]:
        yield (*above, key), values[key]
        if isinstance(values[key], dict):
            yield from members(values[key], (*above, key))
