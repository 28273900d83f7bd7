"""Which subjects share a model in memory, and what each of them still decides for itself."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import events_of, recorded  # noqa: E402
from slowlens.facts.live.measurement import Measurement  # noqa: E402
from slowlens.facts.live.plan import Overlay, Plan  # noqa: E402
from slowlens.facts.live.timing import Generation  # noqa: E402
from slowlens.facts.live.trial import Cache, Purpose, Subject  # noqa: E402
from slowlens.measure.events import Event, Loaded, Loading, LoadProgress  # noqa: E402


def overlay(of: Path, folder: Path, **settings: Any) -> Overlay:
    """A folder of links but for generation_config.json."""
    folder.mkdir()
    for file in of.iterdir():
        if file.name != "generation_config.json":
            (folder / file.name).symlink_to(file)
    (folder / "generation_config.json").write_text(json.dumps(settings))
    return Overlay(folder.name, str(folder))


def run(plan: Plan) -> tuple[list[Event], Measurement]:
    events = events_of(plan)
    return events, recorded(plan, events)


def proof(found: Measurement, subject: str) -> Generation:
    (generation,) = found.find(subject, Cache.AS_SHIPPED, Purpose.PROOF)
    return generation


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return tiny.llama(tmp_path / "merged", {"use_cache": False})


def plan(merged: Path, *overlays: Overlay, **changes: Any) -> Plan:
    short: dict[str, Any] = {"new_tokens": 3, "rounds": 1, "answer_tokens": 0, "equality_tokens": 0}
    settings = short | {"device": "cpu", "threads": 1, "settings": (Cache.AS_SHIPPED,)}
    return Plan(str(merged), prompt="Hi", overlays=overlays, **settings | changes)


def test_an_overlay_of_settings_loads_nothing_and_generates_by_them(
    merged: Path, tmp_path: Path
) -> None:
    fixed = overlay(merged, tmp_path / "cache fix", use_cache=True)
    beams = overlay(merged, tmp_path / "beams", use_cache=True, num_beams=2)
    events, found = run(plan(merged, fixed, beams))
    assert [e.subject for e in events if isinstance(e, Loading)] == [Subject.MERGED]
    loaded = {e.model.subject: e.model for e in events if isinstance(e, Loaded)}
    assert list(loaded) == [Subject.MERGED, "cache fix", "beams"]
    assert (loaded["cache fix"].path, loaded["cache fix"].seconds) == (fixed.path, 0.0)
    assert proof(found, Subject.MERGED).recomputes
    assert proof(found, "cache fix").cached
    assert (proof(found, "beams").rows, proof(found, Subject.MERGED).rows) == (2, 1)
    (timed,) = found.find(Subject.MERGED, Cache.AS_SHIPPED, Purpose.SPEED)
    assert timed.recomputes
    assert found.failures == ()


def test_an_overlay_that_changes_the_model_is_loaded(merged: Path, tmp_path: Path) -> None:
    other = overlay(merged, tmp_path / "rope", use_cache=True)
    config = tmp_path / "rope" / "config.json"
    values = json.loads(config.read_text()) | {"rms_norm_eps": 0.5}
    config.unlink()
    config.write_text(json.dumps(values))
    events, found = run(plan(merged, other))
    assert [e.subject for e in events if isinstance(e, Loading)] == [Subject.MERGED, "rope"]
    assert proof(found, "rope").cached


def test_a_source_is_loaded_although_it_is_the_same(merged: Path) -> None:
    events, _ = run(plan(merged, source=str(merged)))
    loading = [e.subject for e in events if isinstance(e, Loading)]
    assert loading == [Subject.MERGED, Subject.SOURCE]


def test_progress_is_told_in_bytes_of_what_is_loaded(merged: Path) -> None:
    events, _ = run(plan(merged))
    (loading,) = (e for e in events if isinstance(e, Loading))
    assert loading.size == (merged / "model.safetensors").stat().st_size
    told = [e for e in events if isinstance(e, LoadProgress)]
    assert all((e.subject, e.size) == (Subject.MERGED, loading.size) for e in told)
    assert [e.done for e in told] == sorted(e.done for e in told)
    assert not told or told[-1].done == loading.size
