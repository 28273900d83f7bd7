from collections.abc import Sequence
from itertools import count

import pytest

from slowlens.facts.live.timing import Step
from slowlens.measure.worker.detokenizer import Detokenizer
from slowlens.measure.worker.meter import Meter
from slowlens.measure.worker.stopwatch import FLUSH, Stopwatch


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Tokens:
    def __init__(self, *tokens: int) -> None:
        self._tokens = list(tokens)

    def flatten(self) -> "Tokens":
        return self

    def tolist(self) -> list[int]:
        return self._tokens


class Bench:
    """A stopwatch on a clock of our own, whose reports take ``cost`` seconds each."""

    def __init__(self, cost: float = 0.0) -> None:
        self.clock, self.meter, self.cost = Clock(), Meter(), cost
        self.reports: list[tuple[tuple[Step, ...], str]] = []
        detokenizer = Detokenizer(lambda tokens: "".join(chr(97 + t) for t in tokens))
        self.watch = Stopwatch(self.meter, detokenizer, self.report, self.clock)

    def report(self, steps: Sequence[Step], text: str) -> None:
        self.clock.now += self.cost
        self.reports.append((tuple(steps), text))

    def start(self) -> None:
        self.watch.start()
        self.watch.put(Tokens(1, 2, 3))

    def step(self, seconds: float, tokens_in: int, *tokens: int) -> None:
        self.clock.now += seconds
        self.meter.add(tokens_in)
        self.watch.put(Tokens(*tokens))

    @property
    def steps(self) -> list[Step]:
        self.watch.finish()
        return [step for steps, _ in self.reports for step in steps]


def test_steps_are_what_passed_between_the_calls() -> None:
    bench = Bench()
    bench.start()
    bench.step(0.30, 3, 7)
    bench.step(0.01, 1, 8)
    steps = bench.steps
    assert [(s.index, s.tokens_in, s.token) for s in steps] == [(0, 3, 7), (1, 1, 8)]
    assert [s.seconds for s in steps] == pytest.approx([0.30, 0.01])


def test_the_cost_of_reporting_is_in_no_step() -> None:
    bench = Bench(cost=5.0)
    bench.start()
    for index in range(6):
        bench.step(0.03, 1, index)
    assert [s.seconds for s in bench.steps] == pytest.approx([0.03] * 6)


def test_reports_come_in_batches() -> None:
    bench = Bench()
    bench.start()
    for index in range(100):
        bench.step(FLUSH / 10, 1, index % 26)
    bench.watch.finish()
    assert 8 <= len(bench.reports) <= 12
    assert [s.index for steps, _ in bench.reports for s in steps] == list(range(100))
    assert "".join(text for _, text in bench.reports).startswith("abcdef")


def test_a_slow_step_is_reported_at_once() -> None:
    bench = Bench()
    bench.start()
    bench.step(FLUSH * 2, 3, 0)
    assert len(bench.reports) == 1


def test_several_passes_of_one_step_add_up() -> None:
    bench = Bench()
    bench.start()
    bench.meter.add(512)
    bench.step(0.1, 88, 0)
    assert bench.steps[0].tokens_in == 600


def test_a_pass_that_gives_several_tokens_shares_its_time() -> None:
    bench = Bench()
    bench.start()
    bench.step(0.3, 5, 1, 2, 3)
    steps = bench.steps
    assert [s.token for s in steps] == [1, 2, 3]
    assert [s.index for s in steps] == [0, 1, 2]
    assert [s.seconds for s in steps] == pytest.approx([0.1] * 3)
    assert bench.watch.steps == 3
    assert bench.watch.last_token == 3


def test_what_was_counted_before_the_start_does_not_count() -> None:
    bench = Bench()
    bench.meter.add(1000)
    bench.start()
    bench.step(0.1, 3, 0)
    assert bench.steps[0].tokens_in == 3


def decode_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", errors="replace")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40])
def test_the_pieces_make_up_the_whole(size: int) -> None:
    text = "Zwei Leuchttürme: 灯台 🗼, and so on. " * 25
    tokens = list(text.encode())
    detokenizer = Detokenizer(decode_bytes)
    pieces = [detokenizer.add(tokens[at : at + size]) for at in range(0, len(tokens), size)]
    assert "".join(pieces) + detokenizer.rest() == text
    assert "\ufffd" not in "".join(pieces)


def test_a_leading_space_depends_on_what_came_before() -> None:
    def decode(tokens: Sequence[int]) -> str:
        return " ".join(str(token) for token in tokens)

    detokenizer = Detokenizer(decode)
    pieces = [detokenizer.add([1]), detokenizer.add([]), detokenizer.add([2]), detokenizer.add([3])]
    assert pieces == ["1", "", " 2", " 3"]


def test_broken_bytes_are_shown_after_a_while() -> None:
    detokenizer = Detokenizer(decode_bytes)
    pieces = [detokenizer.add([0xFF]) for _ in range(40)]
    assert sum(len(piece) for piece in pieces) >= 32
    assert len("".join(pieces) + detokenizer.rest()) == 40


def test_the_window_does_not_grow() -> None:
    longest = 0
    steps = count()

    def decode(tokens: Sequence[int]) -> str:
        nonlocal longest
        longest = max(longest, len(tokens))
        return "x" * len(tokens)

    detokenizer = Detokenizer(decode)
    for _ in range(1000):
        detokenizer.add([next(steps)])
    assert longest <= 3
