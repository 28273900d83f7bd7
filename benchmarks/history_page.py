"""What the page History costs a server that keeps many runs: against one page of them, in turns.

The script of the page runs as Streamlit runs it, without a browser. Told are, in milliseconds of
CPU: reading every run file for the first time, a look after a restart, when the files are
remembered in brief, and a click on the page; the last with its ratio to the same click where one
page of runs is kept.

    python benchmarks/history_page.py [--runs 1000] [--tokens 96] [--n 20]
"""

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log
from pathlib import Path
from statistics import median

from shared.ratios import row
from streamlit.testing.v1 import AppTest

from slowlens import __version__
from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.measurement import LoadedModel, Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.places import HOME_VARIABLE
from slowlens.run import CheckpointSummary, Run
from slowlens.store import default_store
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.runs.briefs import Briefs
from slowlens_dashboard.runs.history import PER_PAGE
from slowlens_dashboard.server import MAIN

SECONDS = {
    (Subject.MERGED, Cache.AS_SHIPPED): 0.4,
    (Subject.MERGED, Cache.ON): 0.1,
    (Subject.SOURCE, Cache.AS_SHIPPED): 0.1,
}
ROUNDS = 5
CHECKPOINTS = 7


def main() -> None:
    """Make the runs, look at them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=96, help="of each timed trial")
    parser.add_argument("--n", type=int, default=20, help="clicks with many runs, and with few")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder) / "many", Path(folder) / "few"
        for home, number in ((many, asked.runs), (few, PER_PAGE)):
            with at_home(home):
                for each in range(number):
                    default_store().save(_run(each, asked.tokens))
        _reading(many, asked.runs)
        _clicks(many, few, asked.n)


def _reading(home: Path, number: int) -> None:
    with at_home(home):
        folder, memory = default_store().folder, home / "briefs.json"
        size = sum(path.stat().st_size for path in folder.glob("*.json"))
        Briefs(folder, home / "warm.json").look(0)  # what is imported late is no reading

        def all_of_them() -> None:
            briefs = Briefs(folder, memory)
            while briefs.look().unread:
                pass

        load, kilobytes = os.getloadavg()[0], size / number / 1000
        print(f"{number} run files of {kilobytes:.0f} kB, a load of {load:.1f}")
        print(f"first reading of all: {_cpu(all_of_them):.0f} ms")
        print(f"first look after a restart: {_cpu(all_of_them):.0f} ms")


def _clicks(many: Path, few: Path, n: int) -> None:
    pages = {}
    for home in (many, few):
        with at_home(home):
            pages[home] = AppTest.from_file(MAIN, default_timeout=600).switch_page(
                "views/history.py"
            )
            while pages[home].run().get("progress"):
                pass
    took: dict[Path, list[float]] = {many: [], few: []}
    for number in range(n):
        for home in (many, few) if number % 2 else (few, many):
            with at_home(home):
                box = next(b for b in pages[home].checkbox if str(b.key).startswith("tick-"))
                box.set_value(not box.value)
                took[home].append(_cpu(pages[home].run))
    print(f"a click: {median(took[many]):.0f} ms, with {PER_PAGE} runs {median(took[few]):.0f} ms")
    logs = [log(one / other) for one, other in zip(took[many], took[few], strict=True)]
    print(row(f"against {PER_PAGE} runs", logs))


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Let the pages keep their runs there."""
    os.environ[HOME_VARIABLE] = str(home)
    jobs.cache_clear()
    yield


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return 1000 * (time.process_time() - began)


def _run(number: int, tokens: int) -> Run:
    merged = CheckpointSummary(f"/data/merged-{number % CHECKPOINTS}", "llama", {}, 0, 0, {})
    second = f"{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}"
    return Run(
        id=f"20260102-{second}-000000",
        created="2026-01-02T03:04:05+00:00",
        slowlens=__version__,
        environment=Environment("3.12", "Linux", {}),
        merged=merged,
        source=None,
        settings={},
        source_settings={},
        answer="generate() runs without its key-value cache: config.json turns it off.",
        outcomes=(),
        measurement=_measurement(tokens),
    )


def _measurement(tokens: int) -> Measurement:
    made = [
        _generation(Trial(subject, cache, Purpose.SPEED, tokens, round_), seconds)
        for round_ in range(ROUNDS)
        for (subject, cache), seconds in SECONDS.items()
    ]
    model = LoadedModel(
        Subject.MERGED, "", 1.0, Device("cpu", "a processor"), "bfloat16", "sdpa", 1
    )
    return Measurement(Plan("/data/merged", new_tokens=tokens), Status.DONE, (model,), tuple(made))


def _generation(trial: Trial, seconds: float) -> Generation:
    cached = seconds < 0.2
    lengths = [10, *((1 if cached else 10 + n) for n in range(1, trial.new_tokens))]
    steps = tuple(
        Step(n, seconds * (1 + (7 * n + trial.round) % 13 / 400), length, 7)
        for n, length in enumerate(lengths)
    )
    return Generation(trial, 10, steps, sum(s.seconds for s in steps), Finish.LENGTH, "text")


if __name__ == "__main__":
    main()
