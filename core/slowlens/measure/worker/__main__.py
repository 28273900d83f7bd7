"""Entry of the measuring process: ``python -m slowlens.measure.worker``."""

import faulthandler
import os
from collections.abc import Callable

from slowlens.channel import Channel
from slowlens.errors import SlowlensError, WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.measure.plan import trials
from slowlens.measure.protocol import Event, Failed, Finished, Started, decode_plan, encode


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
        from slowlens.measure.worker.device import choose
        from slowlens.measure.worker.environment import environment
        from slowlens.measure.worker.models import Models
        from slowlens.measure.worker.trial import run
    except ImportError as error:
        raise WorkerError(
            f"torch or transformers cannot be imported: {error}",
            hint="Measuring needs them: pip install 'slowlens[live]'.",
        ) from error
    models = Models(plan, choose(plan.device, plan.threads), send)
    order = trials(plan)
    send(Started(environment(), order))
    for index, trial in enumerate(order):
        run(models.get(trial.subject), trial, index, send)
    send(Finished())


if __name__ == "__main__":
    main()
