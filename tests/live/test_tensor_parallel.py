"""Several processes that share one model: on a CPU two of them, with the plan of a tiny Llama."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.explanation import waterfall
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.frozen import replace
from slowlens.measure.events import Event, Stepped
from slowlens.measure.recorder import Recorder
from slowlens.measure.session import measure

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import cached, events_of, find, measured, plan, uncached  # noqa: E402
from slowlens.measure.worker.device import choose  # noqa: E402
from slowlens.measure.worker.peers import Place  # noqa: E402
from slowlens.measure.worker.sharding import check_plan  # noqa: E402

EVEN = {"vocab_size": 260}
"""Some versions divide the vocabulary only evenly."""
HEAD = 0.1 if transformers.__version__.startswith("4.") else 0.0
"""Share of this tiny model that transformers 4 leaves whole: half of its head."""
SPARE = 0.09 + HEAD
"""And half of its lookup table, which not all versions divide."""
LONG = 100_000
PATIENCE = 30.0


def shared(asked: Plan) -> Measurement:
    recorder = Recorder(asked)
    with measure(asked) as events:
        for event in events:
            recorder.apply(event)
    return recorder.measurement(Status.DONE)


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


def test_devices_that_do_not_suffice() -> None:
    there = torch.cuda.device_count()
    with pytest.raises(WorkerError, match=f"{there + 1} processes needs as many GPUs"):
        choose("cuda", 1, Place(0, there + 1, 1))
    with pytest.raises(WorkerError, match="cannot be confined to cuda:1"):
        choose("cuda:1", 1, Place(0, 2, 1))


@pytest.fixture
def endless(tmp_path: Path) -> Plan:
    folder = tiny.llama(tmp_path, {}, **EVEN)
    return plan(folder, new_tokens=LONG, settings=(Cache.OFF,), full=True, tensor_parallel=2)


def begun(events: Iterator[Event]) -> None:
    """Go on until tokens of a long trial come."""
    next(e for e in events if isinstance(e, Stepped) and e.trial == 1)


def family(process: psutil.Process) -> list[psutil.Process]:
    return [
        p for p in process.children(recursive=True) if "slowlens.measure" in " ".join(p.cmdline())
    ]


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, PATIENCE)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_peer_that_is_killed_ends_the_run(endless: Plan) -> None:
    with measure(endless) as events:
        begun(events)
        processes = family(psutil.Process())
        peers = [p for p in processes if p.cmdline()[-3:-1] == ["1", "2"]]
        assert (len(processes), len(peers)) == (2, 1)
        peers[0].kill()
        began = time.monotonic()
        with pytest.raises(WorkerError, match="measuring process 2 of 2 was killed"):
            list(events)
        assert time.monotonic() - began < PATIENCE
    assert gone(processes)


def test_leaving_in_the_middle_leaves_nobody(endless: Plan) -> None:
    with measure(endless) as events:
        begun(events)
        processes = family(psutil.Process())
    assert len(processes) == 2
    assert gone(processes)


PARENT = """
import sys
from slowlens.measure.protocol import decode_plan
from slowlens.measure.session import measure
with measure(decode_plan(sys.stdin.buffer.readline())) as events:
    for event in events:
        print(type(event).__name__, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("victim", ["parent", "first"])
def test_whoever_is_killed_takes_all_along(endless: Plan, victim: str) -> None:
    from slowlens.measure.protocol import encode_plan

    parent = subprocess.Popen(
        (sys.executable, "-c", PARENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write(encode_plan(endless).decode())
    parent.stdin.flush()
    for line in parent.stdout:
        if line.strip() == "TrialFinished":
            break
    processes = family(psutil.Process(parent.pid))
    assert len(processes) == 2
    first = next(p for p in processes if p.ppid() == parent.pid)
    os.kill(parent.pid if victim == "parent" else first.pid, signal.SIGKILL)
    assert gone(processes)
    parent.wait(PATIENCE)


TALK = """
import json, sys
from slowlens.errors import WorkerError
from slowlens.measure.worker.failure import OutOfMemoryError
from slowlens.measure.worker import ranks
from slowlens.measure.worker.peers import Place
from slowlens.measure.worker.together import together
import torch
rank, port, listening = (int(word) for word in sys.argv[1:])
ranks.join(Place(rank, 2, port, listening if rank == 0 else None), torch.device("cpu"))
print(json.dumps([ranks.agreed("a", rank + 7), ranks.gathered("g", {"rank": rank})]))

def fail(error=None):
    if error:
        raise error
    return rank

def told(action, patience=5.0):
    try:
        return together("trial", action, patience)
    except WorkerError as error:
        return [type(error).__name__, str(error), error.hint, getattr(error, "free", None)]

print(json.dumps(told(fail)))
print(json.dumps(told(lambda: fail(WorkerError("no", hint="h") if rank else None))))
print(json.dumps(told(lambda: fail(OutOfMemoryError("full", "h", 2, 1) if not rank else None))))
if rank:
    print(json.dumps(told(lambda: fail(WorkerError("alone", hint="h")), 1.0)))
else:
    try:
        ranks.gathered("another question", 1, 1.0)
    except ranks.PartedError as error:
        print(json.dumps(str(error)))
"""


def test_what_processes_tell_each_other() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port, number = listener.getsockname()[1], listener.fileno()
    two = [
        subprocess.Popen(
            (sys.executable, "-c", TALK, str(rank), str(port), str(number)),
            stdout=subprocess.PIPE,
            pass_fds=(number,) if rank == 0 else (),
        )
        for rank in range(2)
    ]
    first, second = ([json.loads(line) for line in p.communicate()[0].splitlines()] for p in two)
    assert first[0] == second[0] == [7, [{"rank": 0}, {"rank": 1}]]
    assert (first[1], second[1]) == (0, 1)
    failed = ["WorkerError", "no (in measuring process 2 of 2)", "h", None]
    assert first[2] == second[2] == failed
    assert first[3] == second[3] == ["OutOfMemoryError", "full", "h", 1]
    assert "another question" in first[4]
    assert second[4][:2] == ["PartedError", "alone (in one process and not in all)"]
