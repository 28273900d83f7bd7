"""What a live run found, and what a made-up model is called."""

from dataclasses import replace

from literals import generation, measurement
from runs import a_measurement, a_run
from slowlens.diagnose import Outcome, Status
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.findings import Confidence, Finding, Severity
from slowlens.reports import causes
from slowlens.reports.called import called, place
from slowlens.reports.measurement import render
from slowlens.rules import RULES


def said(measured: Measurement) -> list[str]:
    return list(causes.lines(a_run(measured)))


def test_each_finding_has_its_id_its_severity_and_its_fix() -> None:
    lines = said(a_measurement())
    text = " ".join(" ".join(lines).split())
    assert lines[0].startswith("error     no key-value cache: ")
    assert "[recomputed-steps]" in text
    assert "[gen-use-cache-false] cost 2 to 24 times" in text
    assert "fix Turn the key-value cache on (safe)" in text
    assert lines[-2] == "To read about one: slowlens explain recomputed-steps"
    assert lines[-1] == "To see the fixes: slowlens fix /m --source /m"
    assert not any(line.startswith("answer ") for line in lines)


def test_a_factor_that_stands_above_is_not_said_again() -> None:
    assert "4.00 times" not in " ".join(said(a_measurement()))
    few = measurement(
        generation(1, 0.4, 0.4, purpose=Purpose.PROOF, cached=False),
        generation(1, 0.4, 0.4, cached=False),
        generation(1, 0.1, 0.1, cache=Cache.ON),
    )
    text = " ".join(" ".join(said(few)).split())
    assert "cost A longer text, or more rounds, shows the price" in text
    assert "too few runs" not in text


def test_where_nothing_is_to_blame_the_answer_says_so_once() -> None:
    sound = measurement(
        generation(1, 0.1, 0.1, purpose=Purpose.PROOF),
        *[generation(1, 0.1, 0.1)] * 3,
        generation(1, 0.1, purpose=Purpose.LENGTH, finish=Finish.LENGTH, cache=Cache.ON),
    )
    run = a_run(sound)
    notes = tuple(o for o in run.outcomes if o.rule == "endless-answer")
    (note,) = notes[0].findings
    text = f"{note.message[0].upper()}{note.message[1:]}"
    run = replace(run, outcomes=notes, answer=f"Nothing makes it slow. {text}.")
    lines = list(causes.lines(run))
    assert lines[0] == "answer    Nothing makes it slow."
    assert lines[1].startswith("note      ")
    assert "[endless-answer]" in lines[1]
    assert " ".join(lines).count("2 tokens") == 1


def test_causes_are_few_and_have_no_cost() -> None:
    run = a_run(a_measurement())
    first, *others = causes.causes(run)
    assert first.endswith("tokens [recomputed-steps]")
    assert len(others) <= causes.FEW
    assert not any("times as long" in cause for cause in (first, *others))
    (grave,) = [outcome for outcome in run.outcomes if outcome.rule == "recomputed-steps"]
    many = replace(run, outcomes=(replace(grave, findings=grave.findings * 5),))
    assert causes.causes(many)[-1] == "and 2 more findings"
    assert causes.causes(replace(run, outcomes=())) == ()


def test_what_disturbed_a_run_is_named_with_the_causes() -> None:
    run = a_run(a_measurement())
    busy = Finding("the machine was busy", Severity.NOTE, Confidence.MEASURED, ())
    assert causes.CONDITIONS in {rule.id for rule in RULES}
    noted = replace(run, outcomes=(Outcome(causes.CONDITIONS, Status.FOUND, (busy,)),))
    assert causes.causes(noted) == ("the machine was busy [throttled-or-shared-gpu]",)
    both = replace(run, outcomes=(*noted.outcomes, *run.outcomes))
    assert causes.causes(both) == (*causes.causes(run), *causes.causes(noted))


def made_up() -> Measurement:
    found = a_measurement()
    return replace(found, plan=replace(found.plan, merged="/x/gpt2", random_weights=True))


def test_a_made_up_model_is_called_by_its_shape() -> None:
    text = render(made_up())
    assert "merged" not in text
    assert "\ngpt2, cache on  " in text
    assert "gpt2 as shipped: 4.00 times as long per token as gpt2, cache on" in text
    widths = [line.index(" ms") for line in text.splitlines()[:3] if " ms" in line]
    assert len({*widths}) == 1, "names are written before columns are laid out"


def test_only_the_word_merged_is_replaced() -> None:
    assert called("gpt2")("merged, unmerged, merged-7b") == "gpt2, unmerged, gpt2-7b"
    assert called("")("merged") == "merged"
    assert called(r"\1")("merged") == r"\1"


def test_a_place_that_somebody_finds_again() -> None:
    assert place(a_run(made_up())) == "the shape gpt2, random weights"
    assert place(a_run(a_measurement())) == "/m"
