"""Loading real, tiny checkpoints: what is said meanwhile, and what did not fit."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")

from live import tiny  # noqa: E402
from slowlens.errors import WorkerError  # noqa: E402
from slowlens.facts.live.plan import Plan  # noqa: E402
from slowlens.facts.live.trial import Subject  # noqa: E402
from slowlens.measure.worker.loading import load  # noqa: E402
from slowlens.measure.worker.opening import Opened, _settings, _told, opened, size_of  # noqa: E402

HOOKED = hasattr(transformers.utils.logging, "set_tqdm_hook")
CPU = torch.device("cpu")


def open_(folder: Path, **changes: Any) -> tuple[Opened, list[float]]:
    shares: list[float] = []
    return opened(Plan(str(folder), **changes), str(folder), CPU, shares.append), shares


def rewrite(folder: Path, change: Any) -> None:
    file = folder / "model.safetensors"
    safetensors.save_file(change(safetensors.load_file(file)), file, {"format": "pt"})


def test_shares_rise_to_the_whole(tmp_path: Path) -> None:
    _, shares = open_(tiny.llama(tmp_path, {}))
    if not HOOKED:
        assert shares == []
        return
    assert shares == sorted(set(shares))
    assert len(shares) > 5
    assert (0 < shares[0] < 0.2, shares[-1]) == (True, 1.0)


@pytest.mark.skipif(not HOOKED, reason="transformers 4 tells nobody")
def test_the_hook_of_others_comes_back(tmp_path: Path) -> None:
    logging = transformers.utils.logging

    def theirs(factory: Any, args: Any, kwargs: Any) -> Any:
        return factory(*args, **kwargs)

    before = logging.set_tqdm_hook(theirs)
    try:
        with pytest.raises(Exception, match="no file named"):
            open_(_without_weights(tiny.llama(tmp_path, {})))
        assert logging.set_tqdm_hook(theirs) is theirs
    finally:
        logging.set_tqdm_hook(before)


def _without_weights(folder: Path) -> Path:
    (folder / "model.safetensors").unlink()
    return folder


def test_names_that_do_not_fit_are_told(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})

    def rename(tensors: dict[str, Any]) -> dict[str, Any]:
        tensors["model.layers.7.stray.weight"] = tensors.pop("model.norm.weight")
        return tensors

    rewrite(folder, rename)
    found, _ = open_(folder)
    assert found.missing == ("model.norm.weight",)
    assert found.unexpected == ("model.layers.7.stray.weight",)
    assert found.mismatched == ()


@pytest.mark.parametrize(
    "spelled",
    [
        [("b.weight", (2, 3), (3, 3)), ("a.weight", (1,), (2,))],
        {("b.weight", torch.Size([2, 3]), torch.Size([3, 3])), ("a.weight", (1,), (2,))},
        ["b.weight", "a.weight"],
    ],
    ids=["4.52", "5", "plain"],
)
def test_mismatches_are_named_however_they_are_spelled(spelled: Any) -> None:
    info = {"missing_keys": {"z", "y"}, "unexpected_keys": ["x"], "mismatched_keys": spelled}
    assert _told(info) == (("y", "z"), ("x",), ("a.weight", "b.weight"))


def test_a_tensor_of_another_shape_is_told(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})

    def shrink(tensors: dict[str, Any]) -> dict[str, Any]:
        tensors["model.norm.weight"] = tensors["model.norm.weight"][:32].clone()
        return tensors

    rewrite(folder, shrink)
    assert open_(folder)[0].mismatched == ("model.norm.weight",)


def test_what_the_plan_decides_wins(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    shipped = load(Plan(str(folder)), Subject.MERGED, CPU, (), lambda _: None)
    assert (shipped.card.dtype, shipped.card.attention) == ("bfloat16", "sdpa")
    asked = Plan(str(folder), dtype="float32", attention="eager")
    ready = load(asked, Subject.MERGED, CPU, ("first",), lambda _: None)
    assert (ready.card.dtype, ready.card.attention) == ("float32", "eager")
    assert ready.card.weights_read == 2 * shipped.card.weights_read
    assert ready.card.notes == ("first",)


def test_a_device_map_is_handed_on(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    asked = Plan(str(tiny.llama(tmp_path, {})), device_map="auto")
    assert _settings(asked, CPU)["device_map"] == "auto"
    assert "device_map" not in _settings(Plan("/m"), CPU)
    ready = load(asked, Subject.MERGED, CPU, (), lambda _: None)
    assert sum(ready.card.placed.values()) == 2 * ready.card.parameters


def test_size_is_that_of_what_is_loaded(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    (folder / "adapter.safetensors").write_bytes(b"x" * 99)
    (folder / "pytorch_model.bin").write_bytes(b"x" * 77)
    weights = folder / "model.safetensors"
    assert size_of(str(folder)) == weights.stat().st_size
    weights.unlink()
    assert size_of(str(folder)) == 99
    (folder / "adapter.safetensors").unlink()
    assert size_of(str(folder)) == 77
    (folder / "pytorch_model.bin").unlink()
    assert size_of(str(folder)) == 0


def test_a_subject_without_a_folder(tmp_path: Path) -> None:
    plan = Plan(str(tiny.llama(tmp_path, {})), source=str(tmp_path / "gone"))
    for subject in (Subject.SOURCE, "no such overlay"):
        with pytest.raises(WorkerError, match="is not a folder"):
            load(plan, subject, CPU, (), lambda _: None)


def test_a_class_of_its_own_is_found_by_its_name(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {"architectures": ["LlamaModel"]}
    path.write_text(json.dumps(config))
    found, _ = open_(folder)
    assert type(found.model).__name__ == "LlamaForCausalLM"
