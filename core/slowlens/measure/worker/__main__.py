"""Entry of the measuring process: ``python -m slowlens.measure.worker``."""

import faulthandler
import gc
import os
from collections.abc import Callable

from slowlens.channel import Channel
from slowlens.errors import SlowlensError, WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.measure.events import Event, Failed
from slowlens.measure.protocol import decode_plan, encode


def main() -> None:
    """Read one plan from stdin and report its events on what was stdout."""
    faulthandler.enable()
    channel = Channel()
    plan = decode_plan(channel.request())
    os.environ.setdefault("HF_HUB_OFFLINE", "1")

    def send(event: Event) -> None:
        channel.send(encode(event))

    try:
        work(plan, send)
    except SlowlensError as error:
        send(Failed(str(error), error.hint))


def work(plan: Plan, send: Callable[[Event], None]) -> None:
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
    Work(plan, send).run()


if __name__ == "__main__":
    main()
