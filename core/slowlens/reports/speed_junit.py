"""A verdict on speed as JUnit XML: a suite, and a case for each kind of trial."""

from xml.etree import ElementTree as ET

from slowlens.facts.live.verdict import Outcome
from slowlens.reports.junit import document, say
from slowlens.reports.speed_words import blames, failures, headline, sentence, unlikes
from slowlens.reports.units import plain
from slowlens.speedverdict import Answer, Judged, SpeedVerdict

CLASS = "slowlens_gate"
ALIKE = "both-sides-are-comparable"


def render(verdict: SpeedVerdict) -> str:
    """Render it; what decides nothing is told as output of its case."""
    cases = [_alike(verdict)]
    if verdict.answer is not Answer.INCOMPARABLE:
        cases += [_case(verdict, judged) for judged in verdict.judged]
    return document([("slowlens gate", verdict.after.created[:19], cases)])


def _alike(verdict: SpeedVerdict) -> ET.Element:
    case = ET.Element("testcase", name=ALIKE, classname=CLASS, time="0")
    notes = "\n".join((*unlikes(verdict), *failures(verdict)))
    if verdict.answer is Answer.INCOMPARABLE:
        say(case, "error", headline(verdict), notes)
    elif notes:
        ET.SubElement(case, "system-out").text = plain(notes)
    return case


def _case(verdict: SpeedVerdict, judged: Judged) -> ET.Element:
    case = ET.Element("testcase", name=judged.label, classname=CLASS, time="0")
    text = sentence(judged)
    tag = {Outcome.FAIL: "failure", Outcome.INCONCLUSIVE: "error"}.get(judged.slower.outcome)
    if tag and judged in verdict.decisive:
        found = (f"{each.label}: {each.text}" for each in blames(verdict))
        say(case, tag, text, "\n".join(found))
    else:
        ET.SubElement(case, "system-out").text = plain(text)
    return case
