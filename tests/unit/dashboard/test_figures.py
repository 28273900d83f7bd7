from literals import generation, measurement
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens_dashboard.figures import ending, speed_table, texts_table


def test_figures_carry_their_units_and_sample_size() -> None:
    measured = measurement(
        generation(0.2, 0.2, 0.2, cached=False),
        generation(0.3, 0.1, 0.1, cache=Cache.ON),
        generation(0.3, 0.1, 0.1, cache=Cache.ON),
        generation(0.3, 0.1, 0.1, cache=Cache.ON, purpose=Purpose.LENGTH),
    )
    table = speed_table(measured).set_index("Trial")
    assert list(table["Per token (TPOT)"]) == ["200 ms", "100 ms"]
    assert list(table["90 % of tokens within (p90)"]) == ["n/a", "n/a"]
    assert list(table["Between rounds (CV)"]) == ["n/a", "0 % (excellent)"]
    assert list(table["Per 1,000 tokens before it"]) == ["n/a", "n/a"]
    assert list(table["Last input"]) == ["12 tokens", "1 token"]
    assert list(table["n"]) == ["1 round of 3 tokens", "2 rounds of 3 tokens"]
    assert list(table["Speed"]) == ["5.0 tokens/s", "10.0 tokens/s"]


def test_a_run_that_was_stopped_early_has_no_figures() -> None:
    assert speed_table(measurement(generation(0.2, finish=Finish.STOPPED))).empty


def test_texts_and_endings() -> None:
    free = generation(0.1, 0.1, purpose=Purpose.LENGTH, finish=Finish.EOS)
    assert ending(free) == "stopped by itself after 2 tokens"
    assert ending(generation(0.1, 0.1)) == "did not stop within 2 tokens"
    assert texts_table(measurement(free)).empty
