import sys
from dataclasses import replace

import pytest

from literals import generation, measurement, probe
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.measurement import Measurement, Status, WarmUp
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.reports.spread import TOO_SHORT
from slowlens_dashboard.tables.figures import (
    attribution_table,
    ending,
    slow_starts,
    speed_table,
    table_note,
    texts_table,
    warm_ups,
    without_sample,
)


def sampled() -> Measurement:
    return measurement(probe(0), probe(10))


def tried() -> Measurement:
    """A fix that makes ten tokens of 0.2 s ones of 0.1 s."""
    name = "merged + a-rule"
    slow, fast = generation(0.2, *[0.2] * 9), generation(0.2, *[0.1] * 9)
    fixed = replace(fast, trial=replace(fast.trial, subject=name))
    found = measurement(*[slow] * 3, *[fixed] * 3)
    plan = replace(found.plan, new_tokens=10, overlays=(Overlay(name, "/x", ("a-rule",)),))
    return replace(found, plan=plan)


def joined(text: str) -> str:
    """What stays on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def test_figures_carry_their_units_and_sample_size() -> None:
    measured = measurement(
        generation(0.2, 0.2, 0.2, cached=False),
        generation(0.3, 0.1, 0.1, cache=Cache.ON),
        generation(0.3, 0.1, 0.1, cache=Cache.ON),
        generation(0.3, 0.1, 0.1, cache=Cache.ON, purpose=Purpose.LENGTH),
    )
    table = speed_table(measured).set_index("Trial")
    assert list(table["Per token (TPOT)"]) == [joined("200 ms"), joined("100 ms")]
    assert list(table["Between rounds (CV)"]) == ["n/a", "0 % (excellent)"]
    assert not {"p90", "p95", "Growth per 1,000 tokens"} & set(table), "no sample allows them"
    assert list(table["Last input"]) == [joined("12 tokens"), joined("1 token")]
    assert list(table["n"]) == ["1 round of 3 tokens", "2 rounds of 3 tokens"]
    assert list(table["Speed"]) == [joined("5 tokens/s"), joined("10 tokens/s")]


def test_what_all_figures_rest_on_is_told_once() -> None:
    one, other = generation(0.2, 0.2, 0.2), generation(0.2, 0.2, 0.2, cache=Cache.ON)
    table, sample = without_sample(speed_table(measurement(one, other)))
    assert "n" not in table
    assert sample == "1 round of 3 tokens"
    table, sample = without_sample(speed_table(measurement(one, one, other)))
    assert list(table["n"]) == ["2 rounds of 3 tokens", "1 round of 3 tokens"]
    assert sample == ""


def test_percentiles_are_told_where_one_sample_allows_them() -> None:
    table = speed_table(
        measurement(
            generation(0.3, *[0.1] * 40),
            generation(0.3, 0.1, 0.1, cache=Cache.ON),
        )
    )
    assert list(table["p90"]) == [joined("100 ms"), "n/a"]
    assert "p95" not in table


def told_growth(*slopes: float) -> str:
    """The growth that the table tells of runs of 0.1 s a token, each with its slope in seconds."""
    runs = [generation(0.1, *[0.1 + slope * at / 1000 for at in range(20)]) for slope in slopes]
    (row,) = speed_table(measurement(*runs)).to_dict("records")
    return str(row["Growth per 1,000 tokens"])


def test_growth_is_told_where_its_interval_tells_something() -> None:
    assert told_growth(1.0, 1.2, 1.4) == "+1,200 ms (703 to 1,697)", "wide, but it grows"
    assert told_growth(-1.0, -1.2, -1.4).startswith("-1,200 ms"), "wide, but it shrinks"
    assert told_growth(0.01, -0.01, 0.0) == "0 ms (-24.8 to 24.8)", "narrow: it hardly grows"
    assert told_growth(2.0, -1.0, 0.0) == "n/a: runs too short"
    assert told_growth(0.021, -0.021, 0.0) == TOO_SHORT, "just wider than a token's 100 ms"


def test_growth_without_an_interval_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    steady, growing = generation(0.1, *[0.1] * 20), generation(0.1, *[0.2] * 20, cache=Cache.ON)
    assert "Growth per 1,000 tokens" not in speed_table(measurement(steady, growing))


def test_what_the_figures_rest_on_is_told_in_words_that_fit() -> None:
    def note(*runs: Generation) -> str:
        table, sample = without_sample(speed_table(measurement(*runs)))
        return table_note(measurement(*runs), table, sample)

    one, other = generation(0.2, 0.2, 0.2), generation(0.2, 0.2, cache=Cache.ON)
    once = "it takes more rounds to tell how far they lie apart."
    assert note(one) == f"1 round of 3 tokens: {once}"
    assert note(one, other) == f"One round each: {once}"
    medians = "TTFT and TPOT are medians of the rounds, CV is how far these lie apart."
    assert note(one, one) == f"2 rounds of 3 tokens; {medians}"
    assert note(one, one, other) == medians
    unclear = generation(0.1, *[0.1] * 8, *[0.9] * 4, *[0.1] * 8)
    assert note(unclear).startswith(f"1 round of 21 tokens: {once} Runs are too short where")


def test_rounds_that_differ_show_their_range() -> None:
    table = speed_table(measurement(generation(0.2, 0.1, 0.1), generation(0.2, 0.3, 0.3)))
    assert list(table["Per token (TPOT)"]) == [joined("200 ms (100 to 300)")]


def test_what_was_sampled_is_marked_as_estimated() -> None:
    (row,) = speed_table(sampled()).to_dict("records")
    assert row["Trial"] == "merged as shipped, estimated"
    assert row["Last input"] == joined("21 tokens"), "of the longest probe"


def test_what_each_fix_saves_is_a_table() -> None:
    found = attribution(tried())
    assert found
    table = attribution_table(found)
    assert list(table["Fix"]) == ["merged as shipped", "merged + a-rule"]
    assert table["Saved"][1] == "0.9 s"


def test_warming_up_is_told_with_what_it_took() -> None:
    slow = WarmUp(Subject.MERGED, Cache.STATIC, 61.3, 4, steady=True, last=0.25)
    restless = WarmUp("merged + a-rule", Cache.AS_SHIPPED, 0.5, 8, steady=False, last=0.4)
    assert warm_ups(replace(measurement(), warm_ups=(slow, restless))) == (
        "merged, cache static: 4 runs, the first 61.3 s, the last 250 ms",
        "merged + a-rule as shipped: 8 runs, the first 500 ms, the last 400 ms, not steady by then",
    )


@pytest.mark.parametrize(
    ("first", "last", "told"), [(61.3, 0.25, True), (0.9, 0.1, False), (30.0, 16.0, False)]
)
def test_a_first_call_that_compiles_is_told(first: float, last: float, told: bool) -> None:
    warm = WarmUp(Subject.MERGED, Cache.STATIC, first, 4, steady=True, last=last)
    said = slow_starts(replace(measurement(), warm_ups=(warm,)))
    assert bool(said) is told
    assert not told or said[0].startswith(
        "The first call of merged, cache static took 61.3 s, warm ones 250 ms"
    )


def stopped(*runs: Generation, status: Status = Status.STOPPED) -> Measurement:
    return measurement(*runs, status=status)


def cut(*seconds: float, cache: Cache = Cache.AS_SHIPPED, of: int = 64) -> Generation:
    """A trial of which these steps ran."""
    found = generation(*seconds, cache=cache, finish=Finish.STOPPED)
    return replace(found, trial=replace(found.trial, new_tokens=of))


def test_a_trial_that_was_cut_off_shows_what_was_timed_and_is_marked() -> None:
    table, sample = without_sample(speed_table(stopped(cut(0.3, 0.1, 0.1))))
    (row,) = table.to_dict("records")
    assert (row["Trial"], row["n"]) == ("merged as shipped, stopped", "3 of 64 tokens")
    assert row["First token (TTFT)"] == joined("300 ms")
    assert (row["Per token (TPOT)"], row["Speed"]) == (joined("100 ms"), joined("10 tokens/s"))
    assert row["Last input"] == joined("1 token")
    assert sample == ""
    assert table_note(stopped(cut(0.3, 0.1)), table, sample).startswith("Stopped: ")


def test_a_trial_that_was_cut_off_after_its_first_token_has_only_that() -> None:
    (row,) = speed_table(stopped(cut(0.3))).to_dict("records")
    assert row["First token (TTFT)"] == joined("300 ms")
    assert (row["Per token (TPOT)"], row["Speed"]) == ("n/a", "n/a")


def test_whole_trials_are_not_mixed_with_one_that_was_cut_off() -> None:
    whole = generation(0.2, 0.2, 0.2)
    found = stopped(whole, cut(0.3, 0.1, cache=Cache.ON), cut(0.9, 0.9))
    table, sample = without_sample(speed_table(found))
    assert list(table["Trial"]) == ["merged as shipped", "merged, cache on, stopped"]
    assert list(table["Per token (TPOT)"]) == [joined("200 ms"), joined("100 ms")]
    assert list(table["n"]) == ["1 round of 3 tokens", "2 of 64 tokens"]
    assert table_note(found, table, sample).endswith("so they count in no verdict.")
    assert "Stopped" not in table_note(stopped(whole), *without_sample(speed_table(stopped(whole))))


def test_sampled_steps_of_a_round_that_was_cut_off_show_their_range() -> None:
    slow = replace(probe(10), steps=tuple(replace(s, seconds=0.4) for s in probe(10).steps))
    last = replace(slow, finish=Finish.STOPPED)
    (row,) = speed_table(stopped(probe(0), last)).to_dict("records")
    assert row["Trial"] == "merged as shipped, stopped"
    assert row["Per token (TPOT)"] == joined("300 ms (200 to 400)")
    assert row["n"] == "4 tokens, sampled"


def test_a_failed_run_shows_what_was_timed_and_a_finished_one_has_nothing_to_mark() -> None:
    ran = cut(0.3, 0.1)
    assert len(speed_table(stopped(ran, status=Status.FAILED))) == 1
    assert speed_table(stopped(ran, status=Status.DONE)).empty
    proof = generation(0.1, 0.1, purpose=Purpose.PROOF)
    assert speed_table(stopped(proof)).empty


def test_texts_and_endings() -> None:
    free = generation(0.1, 0.1, purpose=Purpose.LENGTH, finish=Finish.EOS)
    assert ending(free) == "stopped by itself after 2 tokens"
    assert ending(generation(0.1, 0.1)) == "did not stop within 2 tokens"
    assert texts_table(measurement(free)).empty


def test_a_prompt_that_was_cut_for_timed_trials_is_told_below_the_table() -> None:
    found = measurement(generation(1, 0.1, 0.1))
    table, sample = without_sample(speed_table(found))
    assert "the proof" not in table_note(found, table, sample)
    cut_short = replace(found, plan=replace(found.plan, prompt_tokens=64))
    note = table_note(cut_short, table, sample)
    assert note.endswith(
        "Timed after a prompt of 64 tokens; the proof and answers had the prompt as it is."
    )
