from literals import generation, measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.reports.measurement import lengths, render

SLOW = generation(0.5, 0.4, 0.4, 0.4, cached=False)
FAST = generation(0.5, 0.1, 0.1, 0.1, cache=Cache.ON)
SOURCE = generation(0.5, 0.2, 0.2, 0.2, subject=Subject.SOURCE)
ANSWER = generation(
    0.5, 0.1, cache=Cache.ON, purpose=Purpose.LENGTH, finish=Finish.EOS, subject=Subject.SOURCE
)
ENDLESS = generation(0.5, 0.1, 0.1, cache=Cache.ON, purpose=Purpose.LENGTH)


def flat(text: str) -> str:
    return " ".join(text.split())


def row(text: str, label: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{label}  ")]
    return " ".join(line.removeprefix(label).split())


def test_a_row_holds_the_medians_of_the_rounds() -> None:
    faster = generation(0.5, 0.2, 0.2, 0.2, cached=False)
    text = render(measurement(SLOW, FAST, SLOW, faster))
    assert row(text, "merged as shipped") == ("500 ms 400 ms 3 34.6 % (unstable) 10, 11, 12, …")
    assert row(text, "merged, cache on") == "500 ms 100 ms 1 n/a 10, 1, 1, …"
    assert row(text, "trial") == "TTFT TPOT rounds CV tokens into each step", "no n/a for all"
    legend = "Rounds of 4 tokens; TTFT and TPOT are medians of the rounds; CV is how far"
    assert f"\n\n{legend} " in text


def test_percentiles_where_the_sample_allows_them() -> None:
    even = generation(0.5, *[0.1] * 72)
    text = render(measurement(even))
    assert row(text, "trial") == "TTFT TPOT p90 p95 tokens into each step"
    assert row(text, "merged as shipped") == "500 ms 100 ms 100 ms 100 ms 10, 1, 1, …"
    assert "1 round of 73 tokens; p90 and p95 are of single tokens." in text


def test_growth_is_said_where_it_is_certain() -> None:
    slower = generation(0.5, *[0.1 + 0.003 * i for i in range(20)], cached=False)
    even = generation(0.5, *[0.1, 0.2] * 10, cache=Cache.ON)
    text = render(measurement(slower, even))
    said = "merged as shipped: +3,000 ms (3,000 to 3,000) per token for every 1,000 before it."
    assert said in text
    assert text.count("for every 1,000 before it") == 1


def test_growth_that_hardly_matters_is_not_said() -> None:
    for last, said in ((0.1009, False), (0.102, True)):
        latencies = [0.1 + (last - 0.1) * i / 99 for i in range(100)]
        text = render(measurement(generation(0.5, *latencies)))
        assert ("for every 1,000 before it" in text) is said


def test_the_factor_names_both_sides_and_the_sample() -> None:
    text = flat(render(measurement(*[SLOW, FAST, SOURCE] * 3)))
    assert (
        "merged as shipped: 4.00 times as long per token as merged, cache on "
        "(means, 90 % interval 4.00 to 4.00): 400 ms against 100 ms per token "
        "(medians of 3 rounds, 4 tokens each)."
    ) in text
    assert "2.00 times as long per token as source as shipped" in text


def test_who_stopped_by_itself() -> None:
    text = render(measurement(ENDLESS, ANSWER))
    assert "merged did not stop by itself within 3 tokens." in text
    assert "source stopped by itself after 2 tokens." in text
    assert "No timed trial was finished." in text


def test_a_trial_that_was_cut_off_is_no_row() -> None:
    cut = generation(0.5, 0.4, finish=Finish.STOPPED)
    assert "No timed trial was finished." in render(measurement(cut))


def test_lengths_that_were_not_counted() -> None:
    uncounted = Generation(SLOW.trial, 10, (), 1.0, Finish.LENGTH, "")
    assert lengths(uncounted) == "not counted"
    assert lengths(generation(0.1, 0.1, 0.1)) == "10, 1, 1"


def test_an_answer_is_split_by_what_makes_it_longer() -> None:
    text = flat(render(measurement(*[SLOW, SOURCE] * 3)))
    assert "One answer of 4 tokens, at mean speeds: merged 1.7 s against 1.1 s of its" in text
    assert "of its source: 0.6 s because" in text
    free = flat(render(measurement(*[SLOW, SOURCE] * 3, ENDLESS, ANSWER)))
    assert "One answer, free to stop, at mean speeds: merged 1.3 s against 0.7 s of its" in free
    longer = generation(0.5, *[0.1] * 5, cache=Cache.ON, purpose=Purpose.LENGTH)
    beyond = flat(render(measurement(SLOW, SOURCE, longer, ANSWER)))
    assert "merged 2.5 s (estimated) against 0.7 s of its source" in beyond
    for alone in (ENDLESS, ANSWER):
        assert "One answer" not in render(measurement(SLOW, SOURCE, alone))


def test_a_split_by_pace_is_no_fact_where_the_verdict_is_open() -> None:
    unsure = "of its source; as far as these runs can tell: 0.6 s because each token takes longer"
    assert unsure in flat(render(measurement(SLOW, SOURCE))), "one round has no verdict"
    same = generation(0.5, 0.4, 0.4, 0.4, subject=Subject.SOURCE)
    longer = measurement(generation(0.9, 0.4, 0.4, 0.4), same)
    assert "of its source: 0.4 s before the first token." in flat(render(longer))
