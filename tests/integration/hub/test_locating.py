"""Models of the hub, from a server that speaks its endpoints: small files whole, weights never."""

from pathlib import Path

import pytest

import builders
from hub import COMMIT, ID, TOKEN, Hub, error, point, serving
from slowlens.checking import check
from slowlens.errors import CheckpointError
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.hub import fetching
from slowlens.gather.hub.locate import locate
from slowlens.places import hub_folder

constants = pytest.importorskip("huggingface_hub.constants")


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


def test_the_weights_themselves_are_not_here(hub: Hub, tmp_path: Path) -> None:
    here = builders.checkpoint(tmp_path / "here")
    for merged, source in ((ID, None), (here, ID)):
        with pytest.raises(CheckpointError, match="was only looked at") as caught:
            check(merged, source, progress=lambda *_: None)
        assert caught.value.hint.startswith(f"Download it first: `hf download {ID}")


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


def test_a_mistyped_folder_is_called_one(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run/merged").mkdir(parents=True)
    found = error("runs/mergd")
    assert str(found) == (
        "There is no folder runs/mergd, and as a model of the hub it cannot be read: "
        "runs/mergd is not on the hub, or private"
    )
    assert found.hint.startswith("Did you mean run? Check the spelling; ")
    assert found.exit_code == 3
