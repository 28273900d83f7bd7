"""Whatever a server says, no file of a model leaves its folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slowlens.errors import CheckpointError
from slowlens.gather.hub.ids import HubId, hub_id, origin
from slowlens.gather.hub.listing import Listing, read_listing
from slowlens.gather.hub.refusals import refusal

COMMIT = "0123456789abcdef0123456789abcdef01234567"
pieces = st.sampled_from(["..", ".", "", "/", "\\", "C:", "a", "config.json", "~", "\0", "\n", "é"])
names = st.lists(pieces, max_size=6).map("".join) | st.lists(pieces, max_size=6).map("/".join)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | names
values = st.recursive(leaves, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=5)
files = st.fixed_dictionaries({"rfilename": names | values}, optional={"size": values})
answers = st.fixed_dictionaries(
    {"sha": st.just(COMMIT) | values, "siblings": st.lists(files | values, max_size=5) | values}
)


class Said:
    """A client that has got this answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def listing(self, _: int) -> bytes:
        return self.data


def read(data: bytes) -> Listing | None:
    client: Any = Said(data)
    try:
        return read_listing(client)
    except CheckpointError as error:
        told = error
    assert told.hint
    assert str(told).isprintable()
    return None


@given((answers | values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_every_name_stays_inside(data: bytes) -> None:
    listing = read(data)
    if listing is None:
        return
    folder = Path("/x/y")
    for name, size in listing.files.items():
        assert ".." not in Path(name).parts
        assert (folder / name).is_relative_to(folder)
        assert len((folder / name).relative_to(folder).parts) == name.count("/") + 1
        assert size is None or (type(size) is int and size >= 0)


def test_a_size_is_no_boolean() -> None:
    found = read(json.dumps({"sha": COMMIT, "siblings": [{"rfilename": "a", "size": 5}]}).encode())
    assert found == Listing(COMMIT, {"a": 5})
    found = read(
        json.dumps({"sha": COMMIT, "siblings": [{"rfilename": "a", "size": True}]}).encode()
    )
    assert found == Listing(COMMIT, {"a": None})


@given(st.text(max_size=30) | names)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_an_id_is_a_plain_name(text: str) -> None:
    found = hub_id(text)
    assert found is None or (found.folder.count("--") == 2 and "/" not in found.folder)


@given(st.integers(100, 999), st.dictionaries(st.text(), st.text()), st.text(), st.text())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_refusal_is_one_line(status: int, more: dict[str, str], code: str, said: str) -> None:
    headers = {**more, "x-error-code": code, "x-error-message": said}
    error = refusal(HubId("org/name", said or "main"), status, headers)
    assert (str(error) + error.hint).isprintable()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (f"/h/models--org--name/snapshots/{COMMIT}", f"org/name@{COMMIT}"),
        (f"/h/models--org--name/{COMMIT}", ""),
        ("/h/models--org--name/snapshots/main", ""),
        (f"/h/models--org/snapshots/{COMMIT}", ""),
        (f"/h/datasets--org--name/snapshots/{COMMIT}", ""),
        (f"/h/models--a--b--c/snapshots/{COMMIT}", ""),
    ],
)
def test_the_origin_of_a_download(place: str, expected: str) -> None:
    assert origin(Path(place)) == expected
