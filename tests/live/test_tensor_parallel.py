"""Several processes that share one model: on a CPU two of them, with the plan of a tiny Llama."""

from pathlib import Path

import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.explanation import waterfall
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.measure.session import measure

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import cached, events_of, find, measured, plan, recorded, uncached  # noqa: E402
from slowlens.measure.worker.device import choose  # noqa: E402
from slowlens.measure.worker.peers import Place  # noqa: E402
from slowlens.measure.worker.sharding import check_plan  # noqa: E402

EVEN = {"vocab_size": 260}
"""Some versions divide the vocabulary only evenly."""
HEAD = 0.1 if transformers.__version__.startswith("4.") else 0.0
"""Share of this tiny model that transformers 4 leaves whole: half of its head."""
SPARE = 0.09 + HEAD
"""And half of its lookup table, which not all versions divide."""


def shared(asked: Plan) -> Measurement:
    with measure(asked) as events:
        return recorded(asked, events)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measurement, Measurement]:
    """One plan, done by one process and by two."""
    folder = tiny.llama(tmp_path_factory.mktemp("m"), {"use_cache": False}, **EVEN)
    asked = plan(folder, equality_tokens=4, dtype="float32")
    return measured(asked), shared(replace(asked, tensor_parallel=2))


@pytest.mark.parametrize("cache", [Cache.AS_SHIPPED, Cache.ON, Cache.OFF])
def test_two_processes_write_what_one_writes(
    pair: tuple[Measurement, Measurement], cache: Cache
) -> None:
    one, two = (find(found, cache) for found in pair)
    assert [step.token for step in two.steps] == [step.token for step in one.steps]
    lengths = cached if cache is Cache.ON else uncached
    assert two.input_lengths == one.input_lengths == lengths(one.prompt_tokens, 6)


def test_answers_that_are_free_to_stop_are_the_same(pair: tuple[Measurement, Measurement]) -> None:
    one, two = (find(found, Cache.ON, Purpose.LENGTH) for found in pair)
    assert (two.text, two.finish) == (one.text, one.finish)
    assert pair[1].equalities[0].cached.flips == 0
    assert pair[1].failures == ()


def test_each_process_holds_and_reads_its_share(pair: tuple[Measurement, Measurement]) -> None:
    one, two = (found.models[0] for found in pair)
    assert one.shards == ()
    assert len(two.shards) == 2
    assert two.placed == {"cpu": sum(two.shards)}
    whole = one.placed["cpu"]
    assert all(0.49 * whole < held < (0.5 + SPARE) * whole for held in two.shards)
    assert 0.5 <= two.weights_read / one.weights_read < 0.51 + HEAD
    assert two.active_parameters < (0.51 + HEAD) * one.active_parameters
    assert two.parameters == one.parameters
    halves = [find(found, Cache.ON).cache_size or 0 for found in pair]
    assert halves[0] == 2 * halves[1] > 0


def test_the_floor_is_that_of_a_share(pair: tuple[Measurement, Measurement]) -> None:
    two = pair[1]
    explained = waterfall(two, Subject.MERGED, Cache.ON)
    assert explained is not None
    assert explained.floor is not None
    assert two.peaks is not None
    read = two.models[0].weights_read
    assert read < explained.floor * two.peaks.bandwidth < 1.2 * read


def test_a_refused_setting_fails_its_trials_in_all_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {"cache_implementation": "offloaded"}, **EVEN)
    found = shared(plan(folder, tensor_parallel=2))
    assert {f.trial.cache for f in found.failures} == {Cache.AS_SHIPPED, Cache.ON}
    assert all("generating with merged" in f.message for f in found.failures)
    assert find(found, Cache.OFF).recomputes


def test_models_that_cannot_be_divided(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    with pytest.raises(WorkerError, match="2 key-value heads cannot be divided over 3") as caught:
        events_of(plan(folder, tensor_parallel=3))
    assert "--device-map auto" in caught.value.hint
    config = transformers.MambaConfig(num_hidden_layers=1)
    with pytest.raises(WorkerError, match="no tensor parallel plan for mamba"):
        check_plan(config, 2)


def test_devices_that_do_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    there = torch.cuda.device_count()
    with pytest.raises(WorkerError, match=f"{there + 1} processes needs as many GPUs"):
        choose("cuda", 1, Place(0, there + 1, 1))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(WorkerError, match="cannot be confined to cuda:1") as caught:
        choose("cuda:1", 1, Place(0, 2, 1))
    assert "--tensor-parallel 4" in caught.value.hint
