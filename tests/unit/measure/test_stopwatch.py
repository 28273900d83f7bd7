from collections.abc import Sequence

import pytest

torch = pytest.importorskip("torch")

from slowlens.facts.live.timing import Step  # noqa: E402
from slowlens.measure.worker.detokenizer import Detokenizer  # noqa: E402
from slowlens.measure.worker.meter import Meter, Reading  # noqa: E402
from slowlens.measure.worker.stopwatch import FLUSH, NO_TOKEN, Stopwatch  # noqa: E402


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
    """A generation on a clock of our own, whose reports take ``cost`` seconds each."""

    def __init__(self, cost: float = 0.0) -> None:
        self.clock, self.cost = Clock(), cost
        self.meter = Meter(torch.device("cpu"), self.clock)
        self.sequence = [0, 1, 2]
        self.reports: list[tuple[tuple[Step, ...], str]] = []
        detokenizer = Detokenizer(lambda tokens: "".join(chr(97 + t) for t in tokens))
        self.watch = Stopwatch(self.meter, detokenizer, self.report, self.clock)

    def report(self, steps: Sequence[Step], text: str) -> None:
        self.clock.now += self.cost
        self.reports.append((tuple(steps), text))

    def start(self, answer: Sequence[int] = ()) -> None:
        self.meter.start(answer=answer, watch=self.watch)
        self.watch.start()

    def enter(self) -> None:
        """Ask for the inputs of the next pass, as ``generate()`` does."""
        sequence = self.tensor
        self.meter.entering(sequence)
        self.sequence = sequence[0].tolist()

    def forward(self, tokens_in: int, seconds: float = 0.0, rows: int = 1) -> None:
        """One pass that keeps the host for ``seconds``."""
        ids = torch.zeros(rows, tokens_in, dtype=torch.long)
        self.meter.entered({"input_ids": ids}, self.tensor)
        self.clock.now += seconds
        self.meter.left({})

    def step(self, seconds: float, tokens_in: int, *tokens: int, rows: int = 1) -> None:
        self.enter()
        self.forward(tokens_in, seconds / 2, rows)
        self.clock.now += seconds / 2
        self.sequence += tokens

    @property
    def tensor(self) -> "torch.Tensor":
        return torch.tensor([self.sequence])

    @property
    def steps(self) -> list[Step]:
        """End the generation now."""
        self.watch.finish(self.clock.now, self.tensor)
        return [step for steps, _ in self.reports for step in steps]


def test_steps_are_what_passed_between_the_calls() -> None:
    bench = Bench()
    bench.start()
    bench.step(0.30, 3, 7)
    bench.step(0.01, 1, 8)
    steps = bench.steps
    assert [(s.index, s.tokens_in, s.token) for s in steps] == [(0, 3, 7), (1, 1, 8)]
    assert [s.seconds for s in steps] == pytest.approx([0.30, 0.01])
    assert [s.dispatch for s in steps] == pytest.approx([0.15, 0.005])
    assert [s.kv_length for s in steps] == [3, 4]


def test_the_cost_of_reporting_is_in_no_step() -> None:
    bench = Bench(cost=5.0)
    bench.start()
    for index in range(6):
        bench.step(FLUSH * 1.01, 1, index)
    assert [s.seconds for s in bench.steps] == pytest.approx([FLUSH * 1.01] * 6)
    assert len(bench.reports) == 6


def test_reports_come_in_batches() -> None:
    bench = Bench()
    bench.start()
    for index in range(100):
        bench.step(FLUSH / 10, 1, index % 26)
    assert [s.index for s in bench.steps] == list(range(100))
    assert [s.token for steps, _ in bench.reports for s in steps] == [n % 26 for n in range(100)]
    assert 8 <= len(bench.reports) <= 12
    assert "".join(text for _, text in bench.reports).startswith("abcdef")


def test_a_slow_step_is_reported_at_once() -> None:
    bench = Bench()
    bench.start()
    bench.step(FLUSH * 2, 3, 0)
    bench.enter()
    assert len(bench.reports) == 1


def test_several_passes_of_one_step_add_up() -> None:
    bench = Bench()
    bench.start()
    bench.meter.entered({"input_ids": torch.zeros(1, 512)}, bench.tensor)
    bench.clock.now += 0.2
    bench.enter()
    bench.step(0.1, 88, 0)
    (step,) = bench.steps
    assert step.tokens_in == 600
    assert (step.seconds, step.dispatch) == pytest.approx((0.3, 0.25))


def test_a_pass_that_gives_several_tokens_shares_its_time() -> None:
    bench = Bench()
    bench.start()
    bench.watch.put(Tokens(0, 1, 2))
    bench.step(0.3, 5)
    bench.watch.put(Tokens(1, 2, 3))
    bench.step(0.1, 5)
    bench.watch.put(Tokens(4))
    steps = bench.steps
    assert [s.token for s in steps] == [1, 2, 3, 4]
    assert [s.index for s in steps] == [0, 1, 2, 3]
    assert [s.seconds for s in steps] == pytest.approx([0.1] * 4)
    assert [s.dispatch for s in steps] == pytest.approx([0.05] * 4)
    assert bench.watch.steps == 4
    assert bench.watch.last_token == 4


def test_passes_that_only_guess_belong_to_the_step_that_checks() -> None:
    bench = Bench()
    bench.start()
    bench.watch.put(Tokens(0, 1, 2))
    bench.step(FLUSH * 2, 3)
    bench.step(0.1, 4)
    bench.watch.put(Tokens(1, 2))
    bench.step(0.1, 1)
    bench.step(0.1, 2)
    bench.watch.put(Tokens(3))
    steps = bench.steps
    assert [(s.tokens_in, s.token) for s in steps] == [(7, 1), (7, 2), (3, 3)]
    assert [s.seconds for s in steps] == pytest.approx([0.25, 0.25, 0.2])


def test_several_sequences_have_steps_and_no_tokens() -> None:
    bench = Bench()
    bench.start()
    bench.step(0.3, 3, 7, rows=4)
    bench.step(0.1, 1, 8, rows=4)
    steps = bench.steps
    assert [(s.tokens_in, s.token) for s in steps] == [(3, NO_TOKEN), (1, NO_TOKEN)]
    assert "".join(text for _, text in bench.reports) == ""


class Gpu:
    """Ends each pass a second after it was launched."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._ends = clock, list[float]()

    def mark(self) -> None:
        self._ends.append(self._clock.now + 1.0)

    def ends(self) -> list[float]:
        return self._ends


def test_times_on_the_gpu_are_from_the_beginning_of_a_pass_to_its_end() -> None:
    bench = Bench()
    bench.start()
    assert bench.meter.gpu_seconds() == []
    bench.meter._gpu = Gpu(bench.clock)
    bench.step(0.5, 3, 0)
    bench.clock.now += 7.0
    bench.step(2.0, 1, 0)
    assert bench.meter.gpu_seconds() == pytest.approx([1.25, 2.0])


def test_times_on_the_gpu_are_those_of_steps_that_are_a_pass_each() -> None:
    bench = Bench()
    bench.start()
    bench.meter._gpu = Gpu(bench.clock)
    bench.step(0.5, 3, 0)
    bench.step(2.0, 1, 0)
    assert len(bench.steps) == 2
    assert bench.watch.gpu_seconds() == pytest.approx((1.25, 2.0))


@pytest.mark.parametrize("tokens", [(1,), (1, 2)])
def test_guesses_have_no_time_on_the_gpu_of_their_own(tokens: tuple[int, ...]) -> None:
    """One pass guesses and one checks: two passes, whether or not they gave two tokens."""
    bench = Bench()
    bench.start()
    bench.meter._gpu = Gpu(bench.clock)
    bench.watch.put(Tokens(0, 1, 2))
    bench.step(0.1, 3)
    bench.step(0.1, 2)
    bench.watch.put(Tokens(*tokens))
    assert len(bench.steps) == len(tokens)
    assert len(bench.meter.gpu_seconds()) == 2
    assert bench.watch.gpu_seconds() == ()


def test_what_was_counted_before_the_start_does_not_count() -> None:
    bench = Bench()
    bench.meter.start()
    bench.forward(1000, 1.0)
    bench.start()
    bench.step(0.1, 3, 0)
    (step,) = bench.steps
    assert (step.tokens_in, step.dispatch) == (3, pytest.approx(0.05))


def test_a_look_takes_what_was_counted_away() -> None:
    bench = Bench()
    bench.start()
    bench.forward(3, 0.5)
    assert bench.meter.take() == Reading(3, 3, 0.5)
    assert bench.meter.take() == Reading(0, 0, None)


def test_what_a_pass_reads_is_its_embeddings_where_it_has_no_ids() -> None:
    bench = Bench()
    bench.start()
    bench.meter.entered({"inputs_embeds": torch.zeros(2, 7, 4)}, torch.zeros(2, 3))
    bench.meter.left({})
    assert bench.meter.take()[:2] == (7, 7)
    assert bench.meter.rows == 2


def test_a_pass_without_inputs_is_counted_as_none() -> None:
    bench = Bench()
    bench.start()
    bench.meter.entered({}, torch.zeros(1, 3))
    assert bench.meter.take() == Reading(0, 3, None)


def test_the_common_answer_takes_the_place_of_the_newest_token_alone() -> None:
    bench = Bench()
    bench.start(answer=(7, 8))
    for own in (20, 21, 22):
        bench.step(0.1, 1, own)
    assert [s.token for s in bench.steps] == [7, 8, 22]
    assert bench.sequence == [0, 1, 2, 7, 8, 22]


def test_the_common_answer_is_in_place_as_soon_as_a_token_is_chosen() -> None:
    bench = Bench()
    bench.start(answer=(7,))
    bench.step(0.1, 3, 20)
    sequence = bench.tensor
    bench.meter.chosen(sequence)
    assert sequence[0].tolist() == [0, 1, 2, 7]
    sequence[:, -1] = 9
    bench.meter.entering(sequence)
    assert sequence[0].tolist() == [0, 1, 2, 9]


def test_a_chunk_of_the_prompt_ends_no_step() -> None:
    bench = Bench()
    bench.start(answer=(7,))
    bench.meter.entered({"input_ids": torch.zeros(1, 2)}, bench.tensor)
    bench.enter()
    assert bench.sequence == [0, 1, 2]
    bench.step(FLUSH * 2, 1, 9)
    assert not bench.reports
    assert [s.token for s in bench.steps] == [9]


def test_the_first_cache_is_kept_whatever_it_is_called() -> None:
    bench = Bench()
    bench.start()
    for outputs in ({}, {"cache_params": "state"}, {"past_key_values": "later"}):
        bench.meter.entered({}, torch.zeros(1, 3))
        bench.meter.left(outputs)
    assert bench.meter.cache == "state"
    bench.meter.start()
    assert bench.meter.cache is None
