"""A hub that refuses, lies, trickles or never ends, and names that are none."""

import json
import sys
import time
from pathlib import Path

import pytest

import builders
from hub import COMMIT, ID, Handler, Hub, error, point
from slowlens.errors import CheckpointError
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.hub import client, fetching
from slowlens.gather.hub.locate import locate

constants = pytest.importorskip("huggingface_hub.constants")


@pytest.mark.parametrize("token", ["hf_é", "hf_中", "hf_\x7f"])
def test_a_token_that_is_none(hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    assert "HF_TOKEN" in error().hint
    assert hub.asked == []


@pytest.mark.parametrize(
    "url", ["localhost:1", "ftp://x", "http://[::1", "http://", "", "http://me:secret@127.0.0.1:1"]
)
def test_an_endpoint_that_is_none(hub: Hub, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    point(monkeypatch, url)
    assert "cannot be reached" in str(error())
    assert "secret" not in str(error())


@pytest.mark.parametrize(
    "revision", ["a\0b", "x" * 5000, "../../x", "/etc/x", "-", "\x1b[31m", "a\nb"]
)
def test_revisions_that_are_none(hub: Hub, revision: str) -> None:
    assert "has no revision" in str(error(f"{ID}@{revision}"))


@pytest.mark.parametrize(
    ("status", "code", "said", "message", "hint"),
    [
        (401, "RepoNotFound", "", "is not on the hub, or private", "HF_TOKEN"),
        (404, "", "", "is not on the hub, or private", "spelling"),
        (401, "", "Invalid credentials in Authorization header", "does not know this token", "log"),
        (401, "GatedRepo", "", "is gated", "Ask for access"),
        (403, "GatedRepo", "", "is gated", "HF_TOKEN"),
        (403, "", "no \x9b entry", "The hub refuses", "HF_TOKEN"),
        (404, "RevisionNotFound", "", "has no revision main", "branch"),
        (418, "", "teapot", "(HTTP 418) teapot", "HF_ENDPOINT"),
        (429, "", "", "takes no more requests", "Wait a while"),
        (500, "", "", "cannot answer", "minute"),
        (503, "", "", "(HTTP 503)", "minute"),
    ],
)
@pytest.mark.parametrize("of", ["/api/", "/resolve/"])
def test_refusals(
    hub: Hub, of: str, status: int, code: str, said: str, message: str, hint: str
) -> None:
    def odd(handler: Handler) -> bool:
        if of in handler.path:
            handler.refuse(status, code, said)
        return of in handler.path

    hub.odd = odd
    found = error()
    assert message in str(found)
    assert str(found).isprintable()
    assert hint in found.hint


def test_a_rate_limit_says_how_long(hub: Hub) -> None:
    def limited(handler: Handler) -> bool:
        handler.answer(429, b"", {"ratelimit": '"api";r=0;t=55'})
        return True

    hub.odd = limited
    assert error().hint.startswith("Wait 55 seconds, or set HF_TOKEN")

    def later(handler: Handler) -> bool:
        handler.answer(429, b"", {"retry-after": "3600"})
        return True

    hub.odd = later
    began = time.monotonic()
    assert error().hint.startswith("Wait 3600 seconds")
    assert time.monotonic() - began < 5
    assert len(hub.asked) == 2


def test_a_hiccup_is_tried_again(hub: Hub) -> None:
    def hiccup(handler: Handler) -> bool:
        first = hub.asked.count(handler.path) == 1 and "/resolve/" in handler.path
        if first:
            handler.refuse(502, "", "")
        return first

    hub.odd = hiccup
    assert read_checkpoint(locate(ID)).problems == ()


def test_silence_is_a_timeout(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.3)

    def silent(_: Handler) -> bool:
        time.sleep(1)
        return True

    hub.odd = silent
    assert "did not answer within 0.3 s" in str(error())


@pytest.mark.parametrize("of", ["/api/", "config.json", "safetensors"])
def test_an_endless_body_is_not_read(hub: Hub, of: str) -> None:
    sent: list[int] = []

    def endless(handler: Handler) -> bool:
        if of in handler.path:
            sent.append(handler.endless())
        return of in handler.path

    hub.odd = endless
    error()
    deadline = time.monotonic() + 20
    while not sent and time.monotonic() < deadline:
        time.sleep(0.01)
    assert 0 < sum(sent) < (100_000_000 if of == "/api/" else 10_000_000)


def test_a_trickle_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PATIENCE", 0.3)

    def trickle(handler: Handler) -> bool:
        handler.endless(pause=0.02)
        return True

    hub.odd = trickle
    assert "too slowly" in str(error())


def test_no_more_than_a_budget(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_TOTAL", 3000)
    assert "needs more than 3.0 kB to be looked at" in str(error())


@pytest.mark.parametrize("announced", [2**63, 10**8 + 1, 10**9])
def test_an_absurd_header_is_not_fetched(hub: Hub, model: Path, announced: int) -> None:
    with (model / "model.safetensors").open("r+b") as file:
        file.write(announced.to_bytes(8, "little"))
        file.truncate(2 * 10**9 if announced == 10**9 else 10**9)
    (problem,) = read_checkpoint(locate(ID)).problems
    assert problem.file == "model.safetensors"
    assert "header" in problem.message
    assert hub.sent["model.safetensors"] <= fetching.FIRST


@pytest.mark.parametrize("size", [0, 3, 7, 8, 9])
def test_weights_of_a_few_bytes(hub: Hub, model: Path, size: int) -> None:
    (model / "model.safetensors").write_bytes(b"\1" * size)
    here = read_checkpoint(model).problems
    assert [p.file for p in read_checkpoint(locate(ID)).problems] == [p.file for p in here]


@pytest.mark.parametrize(
    "content_range", ["", "bytes 5-9/300", "bytes 0-9/*", "bytes 0-9/300000", "pages 0-1/2"]
)
def test_a_wrong_content_range(hub: Hub, content_range: str) -> None:
    def wrong(handler: Handler) -> bool:
        ours = "safetensors" in handler.path
        if ours:
            handler.answer(206, b"x" * 10, {"content-range": content_range})
        return ours

    hub.odd = wrong
    assert "model.safetensors" in str(error())


def test_a_server_that_knows_no_ranges(hub: Hub, model: Path) -> None:
    def whole(handler: Handler) -> bool:
        del handler.headers["range"]
        return False

    builders.write_safetensors(model / "model.safetensors", {"a": ("F32", (500_000,))})
    hub.odd = whole
    assert read_checkpoint(locate(ID)).weights.parameters == 500_000


def test_a_server_that_tells_no_sizes(hub: Hub, model: Path) -> None:
    hub.listed = lambda files: [{"rfilename": file["rfilename"]} for file in files]
    assert read_checkpoint(locate(ID)).weights == read_checkpoint(model).weights


def test_sizes_that_are_lies(hub: Hub) -> None:
    hub.listed = lambda files: [{**file, "size": 10} for file in files]
    error()
    hub.listed = lambda files: [{**file, "size": 2**49} for file in files]
    error()
    hub.listed = lambda files: [{**file, "size": -1} for file in files]
    assert read_checkpoint(locate(ID)).problems == ()


@pytest.mark.parametrize(
    "name",
    [
        "../x.json",
        "/etc/x.json",
        "a/../../x",
        "C:\\x",
        "a\\..\\x",
        "a//b",
        "a/./b",
        "..",
        "",
        ".",
        "x\0y",
        "x\ny",
        "C:x",
        "a" * 300,
    ],
)
def test_names_that_leave_the_folder(hub: Hub, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    hub.listed = lambda files: [*files, {"rfilename": name, "size": 1}]
    assert "no file inside a folder" in str(error())
    assert len(hub.asked) == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"sha": "../..", "siblings": []}']
    + [json.dumps({"sha": COMMIT, "siblings": value}).encode() for value in (None, {}, "x", 1)],
)
def test_a_list_of_files_that_is_none(hub: Hub, answer: bytes) -> None:
    def odd(handler: Handler) -> bool:
        handler.answer(200, answer)
        return True

    hub.odd = odd
    assert "list of files" in str(error())


def test_files_that_are_no_objects_are_passed_over(hub: Hub) -> None:
    hub.listed = lambda files: [*files, None, 1, "x", [], {"rfilename": 1}, {"size": 1}]
    assert read_checkpoint(locate(ID)).problems == ()
    hub.revisions["main"] = "e" * 40
    hub.listed = lambda _: [{"rfilename": f"{n}.txt"} for n in range(60_000)]
    assert "60000 files" in str(error())


def test_names_twice_or_as_file_and_folder(hub: Hub) -> None:
    hub.listed = lambda files: [*files, {"rfilename": "config.json/x", "size": 1}]
    assert "cannot be kept" in str(error())


def test_a_redirect_loop_ends(hub: Hub) -> None:
    def loop(handler: Handler) -> bool:
        handler.answer(302, b"", {"location": handler.path})
        return True

    hub.odd = loop
    assert "cannot be reached" in str(error())
    hub.odd = lambda handler: bool(
        handler.answer(302, b"", {"location": "file:///etc/passwd"}) or 1
    )
    error()


def test_without_the_library(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    found = error()
    assert str(found).startswith(f"There is no folder {ID}, and as a model of the hub it cannot")
    assert "huggingface_hub" in str(found)
    assert "pip install 'slowlens[hub]'" in found.hint


def test_the_cache_cannot_be_written(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SLOWLENS_HOME", str(tmp_path / "file"))
    with pytest.raises(CheckpointError, match="cannot be kept"):
        locate(ID)
