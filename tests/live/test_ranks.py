"""What processes that share a model tell each other, and what one of them decides for all."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.device import Profile
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.frozen import replace
from slowlens.measure.events import Profiled

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import plan  # noqa: E402
from slowlens.measure.worker import first_answer, models, together, trial, work  # noqa: E402
from slowlens.measure.worker.loading import load  # noqa: E402
from slowlens.measure.worker.peers import Place  # noqa: E402
from slowlens.measure.worker.plans import Pace  # noqa: E402
from slowlens.measure.worker.ranks import PartedError  # noqa: E402
from slowlens.measure.worker.sequence import Common  # noqa: E402


def test_the_first_decides_what_time_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = plan(tiny.llama(tmp_path, {}))
    idle = Profile(Subject.MERGED, Cache.ON, 1, wall=1.0, busy=0.1, kernels=1, copies=0.0)
    for decided in (True, False):
        monkeypatch.setattr(work, "agreed", lambda _what, _mine, told=decided: told)
        one = work.Work(asked, lambda _event: None)
        one._noted(Profiled(idle))
        one._noted(Profiled(replace(idle, subject=Subject.SOURCE, busy=0.9)))
        assert one._known.launch_bound == ({Subject.MERGED, Subject.SOURCE} if decided else set())

    ready = load(asked, Subject.MERGED, torch.device("cpu"), (), lambda _: None)
    monkeypatch.setattr(trial, "Recording", lambda _device: _Recorded(idle))
    for decided in (True, False):
        monkeypatch.setattr(trial, "agreed", lambda _what, _mine, told=decided: told)
        events: list[Any] = []
        shown = Trial(Subject.MERGED, Cache.ON, Purpose.PROFILE, 4)
        trial.record(ready, shown, Common((1, 2, 3)), events.append)
        assert (events[-1].profile.without_plans is not None) is decided


class _Recorded(Pace):
    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.finish = lambda _trial: profile


def test_room_that_one_process_lacks_is_made_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "gathered", lambda what, mine: (mine, what != "room"))
    merged, source = tiny.llama(tmp_path / "m", {}), tiny.llama(tmp_path / "s", {})
    two = models.Models(plan(merged, source), torch.device("cpu"), lambda _event: None)
    two.get(Subject.MERGED)
    assert "loaded again" in two.get(Subject.SOURCE).card.notes[0]


def test_what_one_process_alone_refuses_before_the_first_trial_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = plan(tiny.llama(tmp_path, {}))
    ready = load(asked, Subject.MERGED, torch.device("cpu"), (), lambda _: None)

    def fail(error: WorkerError) -> None:
        raise error

    monkeypatch.setattr(first_answer, "run", lambda *_: fail(WorkerError("no room", hint="h")))
    assert first_answer.first_answer(ready, asked, lambda _event: None).answer == ()
    monkeypatch.setattr(together, "place", lambda: Place(1, 2, 1))
    monkeypatch.setattr(together, "gathered", lambda *_: fail(PartedError("waited")))
    with pytest.raises(PartedError, match=r"no room \(in one process and not in all\)"):
        first_answer.first_answer(ready, asked, lambda _event: None)


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
