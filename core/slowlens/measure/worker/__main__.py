"""Entry of the measuring process: ``python -m slowlens.measure.worker``.

Of a tensor parallel run it is the first, and starts the others with their place as arguments.
"""

import faulthandler
import gc
import os
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext

from slowlens.channel import Channel
from slowlens.errors import SlowlensError, WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event, Failed
from slowlens.measure.protocol import decode_plan, encode
from slowlens.measure.worker.peers import (
    ALONE,
    Place,
    alone,
    at_once,
    first,
    follow,
    peer,
)


def main() -> None:
    """Read one plan from stdin and report its events on what was stdout."""
    faulthandler.enable()
    channel = Channel()
    request = channel.request()
    plan = decode_plan(request)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if words := sys.argv[1:]:
        follow(channel, lambda: work(plan, _nowhere, peer(words)))
    telling = threading.Lock()

    def send(event: Event) -> None:
        with telling:
            channel.send(encode(event))

    def gone(error: WorkerError) -> None:
        send(Failed(str(error), error.hint))
        os._exit(1)  # the others wait in vain, and end with this one

    with at_once() if plan.tensor_parallel > 1 else nullcontext():
        try:
            work(plan, send, _begun(plan, request, gone))
        except SlowlensError as error:
            send(Failed(str(error), error.hint))
    if plan.tensor_parallel > 1:
        os._exit(0)


def _begun(plan: Plan, request: bytes, gone: Callable[[WorkerError], None]) -> Place:
    if plan.tensor_parallel < 2:
        return alone()
    if plan.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # transformers would take the GPUs that are there
    return first(plan.tensor_parallel, request, gone)


def _nowhere(event: Event) -> None:
    pass


def work(plan: Plan, send: Callable[[Event], None], place: Place = ALONE) -> None:
    """Run the trials of ``plan``; WorkerError when that cannot be done."""
    try:  # only now, so that what they print on import cannot reach the parent
        from slowlens.measure.worker.work import Work
    except ImportError as error:
        raise WorkerError(
            f"torch or transformers cannot be imported: {error}",
            hint="Measuring needs them: pip install 'slowlens[live]'.",
        ) from error
    gc.collect()
    gc.freeze()  # what was imported is not searched before each trial
    Work(plan, send, place).run()


if __name__ == "__main__":
    main()
