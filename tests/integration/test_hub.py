"""Models of the hub, from a server that speaks its endpoints: small files whole, weights never."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import builders
from hub import COMMIT, Handler, Hub, serving
from slowlens.checking import check
from slowlens.errors import CheckpointError
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.hub import client, fetching
from slowlens.gather.hub.locate import locate
from slowlens.places import hub_folder

constants = pytest.importorskip("huggingface_hub.constants")

ID = "Qwen/Qwen2.5-7B-Instruct"
SLOW = {"use_cache": False, "_from_model_config": True, "eos_token_id": 2}
BIG = {f"model.layers.{n}.weight": ("BF16", (1000, 1000)) for n in range(100)}
TOKEN = "hf_" + "t" * 34


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "served", {"use_cache": False}, SLOW, tensors=BIG)


@pytest.fixture
def hub(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.chdir(tmp_path)
    with serving(Hub({ID: model})) as served:
        point(monkeypatch, served.url)
        monkeypatch.setenv("SLOWLENS_HOME", str(tmp_path / "slowlens"))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
        monkeypatch.setattr(client, "_WAITS", (0.0,))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield served


def point(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    old = import_module("huggingface_hub.file_download")  # until 0.36 it keeps names of its own
    if hasattr(old, "HUGGINGFACE_CO_URL_TEMPLATE"):
        monkeypatch.setattr(old, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def error(name: str = ID) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        locate(name)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint
    assert not list(hub_folder().glob("*/.*")), "something unfinished was left"
    return caught.value


def download(hub: Hub, model: Path, *without: str) -> Path:
    """What huggingface_hub's own download leaves behind."""
    repo = Path(constants.HF_HUB_CACHE) / f"models--{ID.replace('/', '--')}"
    snapshot = repo / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(COMMIT)
    (repo / "blobs").mkdir()
    for number, path in enumerate(model.iterdir()):
        if path.name not in without:
            (repo / "blobs" / str(number)).write_bytes(path.read_bytes())
            (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    return snapshot


def test_an_id_is_checked_without_its_weights(hub: Hub, model: Path) -> None:
    run = check(ID)
    assert run.problems == ()
    assert run.merged.origin == f"{ID}@{COMMIT}"
    assert run.merged.title == f"{ID}@0123456"
    assert run.merged.parameters == 100_000_000
    assert "gen-use-cache-false" in {o.rule for o in run.outcomes if o.findings}
    weights = model / "model.safetensors"
    assert weights.stat().st_size > 200_000_000
    assert hub.sent["model.safetensors"] <= fetching.FIRST
    assert hub.sent.total() < 200_000
    assert len(hub.asked) == 1 + len(list(model.iterdir()))


def test_it_reads_as_the_folder_does(hub: Hub, model: Path) -> None:
    fetched, here = read_checkpoint(locate(ID)), read_checkpoint(model)
    assert fetched.headers_only
    assert not here.headers_only
    for part in ("files", "configs", "weights", "tokenizer", "problems"):
        assert getattr(fetched, part) == getattr(here, part)


def test_a_second_look_fetches_nothing(hub: Hub) -> None:
    first = locate(ID)
    hub.asked.clear()
    assert locate(ID) == first
    assert hub.asked == [f"/api/models/{ID}/revision/main"]
    hub.asked.clear()
    assert locate(f"{ID}@{COMMIT}") == first
    assert hub.asked == []


def test_what_was_fetched_takes_no_room(hub: Hub) -> None:
    blocks = sum(path.stat().st_blocks for path in locate(ID).iterdir())
    assert blocks * 512 < 1_000_000


def test_a_header_longer_than_the_first_request(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FIRST", 1000)
    header = int.from_bytes((model / "model.safetensors").open("rb").read(8), "little")
    assert read_checkpoint(locate(ID)).weights.parameters == 100_000_000
    assert hub.sent["model.safetensors"] == 8 + header


def test_many_shards_in_folders_and_other_files(hub: Hub, model: Path) -> None:
    (model / "model.safetensors").unlink()
    shards = [{f"layer.{n}": ("BF16", (100, 100))} for n in range(40)]
    builders.write_sharded(model, *shards)
    (model / "pytorch_model.bin").write_bytes(b"\x80" * 10_000)
    (model / "original").mkdir()
    (model / "original" / "consolidated.pth").write_bytes(b"\x80" * 10_000)
    builders.write_safetensors(model / "original" / "x.safetensors", {"a": ("F32", (9,))})
    (model / "lora_adapter").mkdir()
    builders.write_safetensors(
        model / "lora_adapter" / "adapter_model.safetensors", {"a.lora_A.weight": ("F32", (9,))}
    )
    (model / "additional_chat_templates").mkdir()
    (model / "additional_chat_templates" / "rag.jinja").write_text("{{ x }}")
    found = read_checkpoint(locate(ID))
    assert len(found.weights.files) == 40
    assert found.files["pytorch_model.bin"] == 10_000
    assert found.folders == ("additional_chat_templates", "lora_adapter", "original")
    assert [adapter.folder for adapter in found.adapters] == ["lora_adapter"]
    assert (found.root / "additional_chat_templates" / "rag.jinja").read_text() == "{{ x }}"
    assert not {"pytorch_model.bin", "consolidated.pth"} & hub.sent.keys()
    assert not list((found.root / "original").iterdir())


def test_a_model_that_is_no_checkpoint(hub: Hub, model: Path) -> None:
    for path in model.iterdir():
        path.unlink()
    (model / "model.Q4_K_M.gguf").write_bytes(b"GGUF" * 9)
    with pytest.raises(CheckpointError, match=f"^{ID}@{COMMIT} is not a checkpoint") as caught:
        check(ID)
    assert "GGUF is not read" in caught.value.hint
    assert hub.sent.total() == 0


def test_branches_tags_and_commits(hub: Hub, tmp_path: Path) -> None:
    older = "f" * 40
    hub.revisions |= {"refs/pr/1": older, "v1.0": older}
    assert locate(f"{ID}@refs/pr/1") == locate(f"{ID}@v1.0") == locate(f"{ID}@{older}")
    assert locate(ID) != locate(f"{ID}@v1.0")
    assert str(error(f"{ID}@v9")) == f"{ID} has no revision v9"


def test_offline_reads_what_was_fetched(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert str(error()) == (
        f"There is no folder {ID}, and as a model of the hub it cannot be read: the caches do not "
        f"hold enough of {ID}@main"
    )
    assert "HF_HUB_OFFLINE" in error().hint
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    folder = locate(ID)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.asked.clear()
    assert locate(ID) == locate(f"{ID}@{COMMIT}") == locate(f"{ID}@{COMMIT[:7]}") == folder
    assert hub.asked == []
    error(f"{ID}@{COMMIT[:6]}")
    error(f"{ID}@other")


def test_a_complete_download_is_read_itself(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = download(hub, model)
    found = read_checkpoint(locate(ID))
    assert found.root == snapshot
    assert (found.origin, found.headers_only) == (f"{ID}@{COMMIT}", False)
    assert hub.sent.total() == 0
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert locate(ID) == locate(f"{ID}@{COMMIT}") == locate(f"{ID}@{COMMIT[:9]}") == snapshot


def test_an_incomplete_download_saves_what_it_has(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = download(hub, model, "generation_config.json")
    found = read_checkpoint(locate(ID))
    assert found.root != snapshot
    assert found.has("generation_config.json")
    assert set(hub.sent) == {"generation_config.json"}
    (snapshot / "model.safetensors").unlink()
    monkeypatch.setenv("SLOWLENS_HOME", str(model.parent / "elsewhere"))
    assert read_checkpoint(locate(ID)).weights.parameters == 100_000_000
    monkeypatch.setenv("SLOWLENS_HOME", str(model.parent / "third"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    error()


def test_a_sharded_download_without_one_shard(hub: Hub, model: Path) -> None:
    (model / "model.safetensors").unlink()
    builders.write_sharded(model, {"a": ("F32", (9,))}, {"b": ("F32", (9,))})
    snapshot = download(hub, model, builders.shard_name(2, 2))
    found = read_checkpoint(locate(ID))
    assert found.root != snapshot
    assert found.problems == ()
    assert set(hub.sent) == {builders.shard_name(2, 2)}


def test_without_a_network_what_is_here_does(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = locate(ID)
    point(monkeypatch, "http://127.0.0.1:1")
    assert locate(ID) == folder
    assert str(error(f"{ID}@v1")) == (
        f"There is no folder {ID}, and as a model of the hub it cannot be read: the hub at "
        "127.0.0.1:1 cannot be reached"
    )
    monkeypatch.setenv("SLOWLENS_HOME", "empty")
    assert "cannot be reached" in str(error())


def test_the_token_goes_to_the_hub_and_nowhere_else(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serving(Hub({ID: model})) as cdn:
        hub.elsewhere = cdn.url
        assert read_checkpoint(locate(ID)).weights.parameters == 100_000_000
        assert hub.tokens == {f"Bearer {TOKEN}"}
        assert cdn.asked == [f"/cdn/{ID}/model.safetensors"]
        assert cdn.tokens == {None}
    assert TOKEN not in "".join(map(str, hub_folder().rglob("*")))


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


def test_a_folder_of_that_name_wins(hub: Hub, tmp_path: Path) -> None:
    local = builders.checkpoint(tmp_path / "Qwen" / "Other")
    assert locate("Qwen/Other") == Path("Qwen/Other")
    assert check("Qwen/Other").merged.path == str(local)
    assert check("Qwen/Other").merged.origin == ""
    assert locate(ID) == Path(ID)  # its parent is a folder here: a spelling mistake is no id
    with pytest.raises(CheckpointError) as caught:
        check(ID)
    assert f"pass {ID}@main" in caught.value.hint
    assert hub.asked == []
    assert read_checkpoint(locate(f"{ID}@main")).origin


@pytest.mark.parametrize("name", ["Qwen", "a/b/c", "/a/b", "./a/b", "a/..", "a/b--c", "../b", ""])
def test_what_is_no_id(hub: Hub, name: str) -> None:
    assert locate(name) == Path(name)
    assert locate(Path("org/name")) == Path("org/name")
    assert hub.asked == []


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


def test_the_weights_themselves_are_not_here(hub: Hub, tmp_path: Path) -> None:
    here = builders.checkpoint(tmp_path / "here")
    for merged, source in ((ID, None), (here, ID)):
        with pytest.raises(CheckpointError, match="was only looked at") as caught:
            check(merged, source, progress=lambda *_: None)
        assert caught.value.hint.startswith(f"Download it first: `hf download {ID}")


def slowlens(hub: Hub, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": "hf", **more}
    command = [sys.executable, "-m", "slowlens", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_the_commands_take_ids(hub: Hub, tmp_path: Path) -> None:
    sound = builders.checkpoint(tmp_path / "sound", {"eos_token_id": 2}, {"eos_token_id": 2})
    done = slowlens(hub, "inspect", ID, "--revision", "main", HF_TOKEN=TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID}@0123456  ")
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert slowlens(hub, "diff", str(sound), ID).returncode == 1
    hub.asked.clear()
    done = slowlens(hub, "diff", ID, str(sound), "--revision", "v1", HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert "HF_HUB_OFFLINE" in done.stderr
    assert slowlens(hub, "inspect", ID, HF_HUB_OFFLINE="1").returncode == 0
    assert hub.asked == []
    done = slowlens(hub, "inspect", str(sound), "--revision", "main")
    assert done.returncode == 3
    assert "--revision is for models of the Hugging Face hub" in done.stderr


def test_check_takes_ids_on_both_sides(hub: Hub, tmp_path: Path) -> None:
    done = slowlens(hub, "check", ID, "--source", ID, "--revision", "main")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{ID}@0123456: ")
    assert f"slowlens fix {ID}@{COMMIT} --source {ID}@{COMMIT}" in done.stdout


def test_nothing_is_written_into_what_was_fetched(hub: Hub, tmp_path: Path) -> None:
    done = slowlens(hub, "fix", ID)
    assert done.returncode == 0
    assert '-  "use_cache": false' in done.stdout
    assert f"hf download {ID}" in done.stdout
    for name in (ID, str(locate(ID))):
        done = slowlens(hub, "fix", name, "--apply")
        assert done.returncode == 2
        assert f"hf download {ID} --revision" in done.stderr
        done = slowlens(hub, "measure", name)
        assert done.returncode == 2
        assert f"hf download {ID}" in done.stderr
    assert read_checkpoint(locate(ID)).get("generation_config.json", "use_cache") is False


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("https://huggingface.co/Qwen/Qwen3-8B", "Qwen/Qwen3-8B"),
        ("huggingface.co/Qwen/Qwen3-8B/", "Qwen/Qwen3-8B"),
        ("http://hf.co/Qwen/Qwen3-8B/tree/v1.0?x=1", "Qwen/Qwen3-8B@v1.0"),
        ("https://www.huggingface.co/Qwen/Qwen3-8B/blob/main/config.json", "Qwen/Qwen3-8B@main"),
    ],
)
def test_of_an_address_the_id_is_enough(address: str, model: str) -> None:
    found = error(address)
    assert str(found) == f"{address} is an address: a folder or an id is wanted"
    assert found.hint == f"The id is enough: {model}"


@pytest.mark.parametrize("name", ["https://huggingface.co/Qwen", "https://huggingface.co/a/b--c"])
def test_other_addresses_are_paths_that_are_not_there(name: str) -> None:
    assert locate(name) == Path(name)


def test_a_mirror_in_folders_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("huggingface.co/Qwen/Qwen3-8B").mkdir(parents=True)
    assert locate("huggingface.co/Qwen/Qwen3-8B") == Path("huggingface.co/Qwen/Qwen3-8B")


def test_a_mistyped_folder_is_called_one(hub: Hub) -> None:
    assert str(error("runs/mergd")) == (
        "There is no folder runs/mergd, and as a model of the hub it cannot be read: "
        "runs/mergd is not on the hub, or private"
    )
