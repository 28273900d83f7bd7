"""What was measured: verdicts first, then the figures, each with its chart."""

from collections.abc import Iterator

from slowlens.facts.live.agreement import judgement_of
from slowlens.facts.live.attribution import attribution
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.trial import Subject
from slowlens.redaction.kinds import Kind
from slowlens.reports import attribution as shared
from slowlens.reports import explanation, imported, measurement, stopped
from slowlens.reports.called import called, shape_of
from slowlens.reports.document.blocks import (
    Block,
    Chart,
    Code,
    Drawing,
    Fold,
    Items,
    Notice,
    Table,
    Text,
    Tone,
)
from slowlens.reports.document.charts import machine_table, steps_table
from slowlens.run import Run

NOT_MEASURED = (
    "Nothing was measured: only the files were checked. slowlens measure times the checkpoint."
)


def measured(run: Run) -> tuple[Block, ...]:
    """Return what a live run found, or another benchmark."""
    if run.imported is not None:
        return tuple(_imported(run))
    if run.measurement is None:
        return (Text(NOT_MEASURED),)
    found = run.measurement
    hidden = Kind.PROMPT in run.redacted
    return (*_ending(found), *_verdicts(found), *_figures(found), *_rest(found, hidden=hidden))


def _ending(found: Measurement) -> Iterator[Block]:
    if found.status is Status.FAILED:
        yield Notice(Tone.BAD, found.error or "The run failed.", found.hint)
    elif found.status is Status.STOPPED:
        yield Notice(Tone.WARNING, " ".join(stopped.mark(found)), "")
    for failure in dict.fromkeys((f"{f.trial.label}: {f.message}", f.hint) for f in found.failures):
        yield Notice(Tone.WARNING, f"Could not be run: {failure[0]}", failure[1])


def _verdicts(found: Measurement) -> Iterator[Block]:
    named = called(shape_of(found))
    said = (
        *measurement.factors(found),
        *measurement.growths(found),
        *stopped.cut_off(found),
        *measurement.ends(found),
        *measurement.longer(found),
    )
    judged = judgement_of(found)
    whole = [*map(named, said), *([judged.sentence] if judged else [])]
    if whole:
        yield Items(tuple(whole))


def _figures(found: Measurement) -> Iterator[Block]:
    named = called(shape_of(found))
    rows = measurement.trials(found, named)
    if not rows:
        yield Text(measurement.NOTHING_TIMED)
        return
    caption = measurement.legend(found, rows[0])
    head, *body = map(tuple, rows)
    yield Table(_capital(head), tuple(body), caption, (0, len(head) - 1))
    if parts := explanation.shares(found, named):
        head, *body = map(tuple, parts)
        title = f"Where the time of a token goes{explanation.basis(found.peaks)}"
        yield Chart(Drawing.WATERFALL, title, Table(head, tuple(body)))
    if said := tuple(map(named, explanation.sentences(found))):
        yield Items(said)
    if steps := steps_table(found):
        yield Chart(Drawing.STEPS, "Milliseconds of each token", steps)


def _rest(found: Measurement, *, hidden: bool) -> Iterator[Block]:
    tried = attribution(found)
    if tried is not None:
        rows = tuple(map(tuple, shared.rows(tried)))
        yield Table(_capital(shared.HEAD), rows, "What each fix gives back.")
        yield Text(" ".join(shared.sentences(tried)))
    if machine := machine_table(found):
        yield Chart(Drawing.MACHINE, "The machine during the run", machine)
    if not hidden and found.plan.prompt:
        yield Fold("The prompt, and what was written", tuple(_texts(found)))


def _texts(found: Measurement) -> Iterator[Block]:
    yield Code(found.plan.prompt, "prompt")
    for subject in Subject:
        answer = answer_of(found, subject)
        if answer is not None and answer.text:
            yield Code(answer.text, f"answer of {subject}, free to stop")


def _imported(run: Run) -> Iterator[Block]:
    result = run.imported
    assert result is not None
    told = tuple(map(tuple, imported.rows_of(result)))
    yield Text(imported.title(result))
    yield Table(_capital(imported.HEAD), told, f"TPOT is {result.definition}")
    given = "; ".join(imported.settings(result))
    missing = ", ".join(imported.words(name) for name in result.missing)
    notes = [*result.notes]
    notes += [f"Settings: {given}."] if given else []
    notes += [f"The file does not tell: {missing}."] if missing else []
    if notes:
        yield Items(tuple(notes))


def _capital(head: tuple[str, ...]) -> tuple[str, ...]:
    """Begin words with a capital, and leave what is none, such as p90."""
    return tuple(f"{n[0].upper()}{n[1:]}" if n.split(" ")[0].isalpha() else n for n in head)
