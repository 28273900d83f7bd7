"""A run as a report: its parts in order, and Markdown in which nothing of a run is markup."""

import re
from dataclasses import replace

import pytest

from literals import generation, measurement
from pages import slow_and_fast
from planting import everywhere, full_run, with_prompt
from runs import a_run
from samples import results
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Status
from slowlens.findings import Applicability
from slowlens.importing import imported_run
from slowlens.redaction import redacted
from slowlens.reports.document import document, file_name
from slowlens.reports.document.blocks import Card, Chart, Code, Fold, Notice, Table, Text, Tone
from slowlens.reports.document.charts import machine_table
from slowlens.reports.document_md import render
from slowlens.run import Run

TITLES = (
    "What to change",
    "What was measured",
    "The evidence",
    "The environment",
    "What this report leaves out",
)
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) ![y](z) @me #1"
)


def blocks(run: Run, title: str) -> tuple[object, ...]:
    return next(section.blocks for section in document(run).sections if section.title == title)


def test_the_answer_is_first_and_the_parts_are_in_order() -> None:
    found = document(full_run())
    assert found.answer == full_run().answer
    assert found.title == "merged"
    assert (found.verdict, found.tone) == ("1 error", Tone.BAD)
    assert tuple(section.title for section in found.sections) == TITLES
    text = render(full_run())
    places = [text.index(text_) for text_ in (found.answer[:20], *(f"### {t}" for t in TITLES))]
    assert places == sorted(places)


def test_a_fix_comes_with_its_edits_its_proof_and_its_command() -> None:
    *cards, command = blocks(full_run(), "What to change")
    (card,) = [card for card in cards if isinstance(card, Card) and card.table]
    assert (card.badge, card.title) == ("Safe", "Turn the key-value cache on")
    assert card.table
    assert ("config.json", "use_cache", "false", "true") in card.table.rows
    facts = dict(card.facts)
    assert facts["Removes"] == "gen-use-cache-false"
    assert facts["Measured"].startswith("1.2 s")
    assert isinstance(command, Code)
    assert command.text.startswith("slowlens fix ")
    assert command.text.endswith(" --apply"), "it does what the words above it say"


def test_a_fix_that_changes_outputs_has_a_command_that_applies_it() -> None:
    run = full_run()
    outcome = next(o for o in run.outcomes if o.findings and o.findings[0].fix)
    finding = outcome.findings[0]
    assert finding.fix
    fix = replace(finding.fix, applicability=Applicability.UNSAFE)
    given = replace(run, outcomes=(replace(outcome, findings=(replace(finding, fix=fix),)),))
    *_, command = blocks(given, "What to change")
    assert isinstance(command, Code)
    assert command.text.endswith(" --unsafe --apply")


def test_a_checkpoint_of_the_hub_has_a_command_that_shows_its_fixes() -> None:
    run = full_run()
    given = replace(run, merged=replace(run.merged, origin="org/name@0123abcd"))
    *_, command = blocks(given, "What to change")
    assert isinstance(command, Code)
    assert command.title == "To see the fixes"
    assert "--apply" not in command.text


def test_fixes_may_hold_lists() -> None:
    run = full_run()
    outcomes = [o for o in run.outcomes if o.findings and o.findings[0].fix]
    finding = outcomes[0].findings[0]
    assert finding.fix
    fix = replace(finding.fix, edits=(replace(finding.fix.edits[0], after=[1, 2]),))
    given = replace(outcomes[0], findings=(replace(finding, fix=fix),))
    assert "\\[1, 2\\]" in render(replace(run, outcomes=(given,)))


def test_what_was_measured_has_figures_and_a_table_for_each_chart() -> None:
    found = blocks(full_run(), "What was measured")
    assert [b.drawing for b in found if isinstance(b, Chart)] == ["waterfall", "steps", "machine"]
    assert all(chart.table.rows for chart in found if isinstance(chart, Chart))
    text = render(full_run())
    assert "4.00 times as long per token as merged, cache on" in text
    assert "| merged, cache on | 100 ms |" in text
    assert "the results are the same with the cache" in text
    assert "Could not be run: merged, cache static: the GPU is full" in text


def test_a_long_run_shows_a_few_tokens_evenly() -> None:
    long = generation(*[0.1] * 512)
    found = blocks(a_run(measurement(long, long)), "What was measured")
    (chart,) = [b for b in found if isinstance(b, Chart) and b.drawing == "steps"]
    tokens = [row[0] for row in chart.table.rows]
    assert (tokens[0], tokens[-1], len(tokens)) == ("1", "512", 12)


def test_a_run_that_was_checked_only() -> None:
    text = render(a_run())
    assert "only the files were checked" in text
    assert "checked on 2026-01-02 03:04 UTC" in text


@pytest.mark.parametrize(
    ("status", "tone"), [(Status.FAILED, Tone.BAD), (Status.STOPPED, Tone.WARNING)]
)
def test_a_run_that_ended_early_says_so_first(status: Status, tone: Tone) -> None:
    run = a_run(replace(slow_and_fast(), status=status, error="the GPU is gone", hint="Wait."))
    first = blocks(run, "What was measured")[0]
    assert isinstance(first, Notice)
    assert first.tone is tone


def test_nothing_that_has_to_change() -> None:
    run = replace(a_run(), outcomes=())
    (text,) = blocks(run, "What to change")
    assert text == Text("Nothing has to change: no finding that counts has a fix.")
    assert document(run).verdict == "no findings"


def test_an_import_has_its_figures_and_nothing_of_a_checkpoint() -> None:
    run = imported_run(results("vllm-serve.json")[0], Environment("3.12", "Linux", {}))
    found = document(run)
    assert [section.title for section in found.sections] == [TITLES[1], TITLES[4]]
    assert any(isinstance(b, Table) for b in found.sections[0].blocks)
    assert "TPOT is " in render(run)


def test_the_prompt_is_folded_away_and_left_out_with_the_prompts() -> None:
    run = with_prompt(full_run(), "tell me all of it", "no, not now")
    (fold,) = [b for b in blocks(run, TITLES[1]) if isinstance(b, Fold)]
    assert Code("tell me all of it", "prompt") in fold.blocks
    told = redacted(run)
    assert not [b for b in blocks(told, TITLES[1]) if isinstance(b, Fold)]
    assert "the prompt and what was written" in render(told)


def test_nothing_of_a_run_is_markup() -> None:
    text = render(with_prompt(everywhere(full_run(), HOSTILE), f"{HOSTILE}\n```\n# x", HOSTILE))
    outside = re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    tags = {*re.findall(r"</?([^>]*)>", outside)}
    assert tags == {"details", "summary"}
    assert not re.search(r"(?<!\\)\[|(?<!\\)\]\(|(?<!&)#\d|(?<![\\&#;\w])@me", outside)
    assert "alert(1)" in text


def test_a_text_cannot_end_its_fence() -> None:
    text = render(with_prompt(full_run(), "```\nout\n````", "x"))
    assert "`````\n```\nout\n````\n`````" in text


def test_the_file_is_named_after_the_run() -> None:
    assert file_name(full_run()) == "slowlens-report-20260102-030405-abcd.html"
    assert file_name(replace(full_run(), id="../../x y"), "md") == "slowlens-report--x-y.md"


def test_each_gpu_has_its_own_rows_and_the_machine_one_for_all() -> None:
    looks = [
        DeviceSample(at, power=power, temperature=40, load=1.0, device=gpu)
        for at, gpu, power in ((1, "a", 100.0), (1, "b", 300.0), (2, "a", 120.0), (2, "b", 340.0))
    ]
    found = machine_table(replace(slow_and_fast(), samples=tuple(looks)))
    assert found is not None
    assert found.head == ("Figure", "Lowest", "Median", "Highest", "n")
    assert found.rows == (
        ("GPU 1: power, W", "100", "110", "120", "2 looks"),
        ("GPU 2: power, W", "300", "320", "340", "2 looks"),
        ("GPU 1: temperature, °C", "40", "40", "40", "2 looks"),
        ("GPU 2: temperature, °C", "40", "40", "40", "2 looks"),
        ("load average, processes", "1", "1", "1", "2 looks"),
    )
