"""The worker's report of a plan, from its first trial to its last."""

import time
from pathlib import Path

import psutil
import pytest

from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.measure.events import Compared, Comparing, Stepped, WarmedUp, WarmingUp, Working
from slowlens.measure.session import measure

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import events_of, find, measured, plan, recorded  # noqa: E402
from slowlens.measure.worker import pulse  # noqa: E402


def test_a_pair_is_measured_side_by_side(tmp_path: Path) -> None:
    merged = tiny.llama(tmp_path / "m", None, use_cache=False)
    source = tiny.llama(tmp_path / "s", {"eos_token_id": 258})
    found = measured(plan(merged, source, rounds=2))
    assert find(found, Cache.AS_SHIPPED, Purpose.PROOF).recomputes
    assert find(found, Cache.AS_SHIPPED, Purpose.PROOF, Subject.SOURCE).cached
    assert [(m.subject, m.path) for m in found.models] == [
        (Subject.MERGED, str(merged)),
        (Subject.SOURCE, str(source)),
    ]
    assert len(found.find(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED)) == 2
    assert found.environment is not None
    assert found.environment.packages["transformers"] == transformers.__version__


def test_what_is_reported_of_a_model(tmp_path: Path) -> None:
    (model,) = measured(plan(tiny.llama(tmp_path, {}))).models
    assert (model.dtype, model.attention, model.missing, model.notes) == ("bfloat16", "sdpa", 0, ())
    assert model.parameters == 107_200
    assert (model.device.kind, model.device.threads) == ("cpu", 1)
    assert model.device.name
    assert model.device.memory > 1e9


def test_long_runs_without_the_cache_are_predicted(tmp_path: Path) -> None:
    asked = plan(tiny.llama(tmp_path, {"use_cache": False}), new_tokens=128, rounds=2)
    found = measured(asked)
    shipped = speed_of(found, Subject.MERGED, Cache.AS_SHIPPED)
    assert shipped is not None
    assert shipped.estimated
    assert (shipped.new_tokens, len(shipped.runs)) == (128, 2)
    assert len(found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)[0].steps) == 128
    full = measured(plan(tmp_path, new_tokens=128, full=True))
    assert len(find(full, Cache.AS_SHIPPED).steps) == 128


def test_what_the_cache_holds_and_a_step_reads(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {})))
    on = find(found, Cache.ON)
    per_token = 2 * 2 * 2 * 16 * 2  # keys and values, layers, heads, width, bytes
    assert on.cache_size == per_token * on.steps[-1].kv_length
    assert find(found, Cache.OFF).cache_size is None
    model = found.models[0]
    assert model.parameters == 107_200
    assert 0 < model.active_parameters < model.parameters
    assert model.weights_read == 2 * model.active_parameters
    assert model.placed == {"cpu": 2 * model.parameters}


def test_what_reports_no_steps_tells_that_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "INTERVAL", 0.0)
    monkeypatch.setattr(pulse, "OFTEN", 0.0)
    events = events_of(plan(tiny.llama(tmp_path, {}), settings=(Cache.ON,), equality_tokens=3))
    kinds = [type(event) for event in events]
    warm = kinds[kinds.index(WarmingUp, kinds.index(WarmingUp) + 1) : kinds.index(WarmedUp)]
    assert warm.count(Working) >= 3 * 5
    compared = [event for event in events if isinstance(event, Comparing)]
    assert compared == [Comparing("merged", step + 1, 8) for step in range(8)]
    assert kinds[kinds.index(Compared) - 1] is Comparing


def test_a_child_measures_and_writes_nothing(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False})
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    with measure(plan(folder)) as events:
        found = recorded(plan(folder), events)
    assert find(found, Cache.AS_SHIPPED).recomputes
    after = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    assert after == before


def test_leaving_in_the_middle_of_a_trial(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"use_cache": False})
    with measure(plan(folder, new_tokens=100_000)) as events:
        for event in events:
            if isinstance(event, Stepped) and event.trial == 1:
                break
        children = psutil.Process().children(recursive=True)
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert children
    assert not any(child.is_running() for child in children)
