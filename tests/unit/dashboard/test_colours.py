"""Colours: texts can be read, and whatever stands in one chart is told apart by everybody.

Contrast is that of WCAG 2.1, colour blindness as Machado, Oliveira and Fernandes simulate it
(https://doi.org/10.1109/TVCG.2009.113), distance CIEDE2000; all of them as ColorAide computes them.
"""

from collections.abc import Iterable
from itertools import combinations

import pytest
from coloraide import Color

from slowlens.facts.live.trial import Purpose, Trial
from slowlens_dashboard.charts import palette, waterfall
from slowlens_dashboard.charts.palette import COLORS, OTHER_DASHES, OTHERS, SERIES, dash, line
from slowlens_dashboard.server import settings

THEME = settings()
MODES = ("light", "dark")
TEXT, SHAPE = 4.5, 3.0
"""Least contrast of a text, and of what else is to be seen (WCAG 1.4.3 and 1.4.11)."""
FADED = 0.6
"""Of the text's colour: how Streamlit draws captions."""
BLINDNESS = (None, "protan", "deutan", "tritan")
SHADES = ("red", "orange", "yellow", "green", "blue", "violet", "gray")
TRIALS = [Trial(subject, cache, Purpose.SPEED, 4) for subject, cache in COLORS]


def themed(mode: str, name: str) -> str:
    return str(THEME[f"theme.{mode}.{name}"])


def contrast(text: str, paper: str, opacity: float = 1.0) -> float:
    """Contrast of a text that lets some of its paper through."""
    mixed = Color(paper).mix(text, opacity, space="srgb", out_space="srgb")
    return Color(mixed).contrast(paper, method="wcag21")


def closest(colours: Iterable[str]) -> tuple[float, str | None, str, str]:
    """Return the least distance between any two, for whom, and between which."""
    found = []
    for one, other in combinations(colours, 2):
        for kind in BLINDNESS:
            seen = [Color(c).filter(kind, 1, method="machado") if kind else Color(c)
                    for c in (one, other)]  # fmt: skip
            found.append((seen[0].delta_e(seen[1], method="2000"), kind, one, other))
    return min(found, key=lambda each: each[0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("paper", ["backgroundColor", "secondaryBackgroundColor"])
def test_texts_links_and_captions_can_be_read(mode: str, paper: str) -> None:
    on = themed(mode, paper)
    assert contrast(themed(mode, "textColor"), on) >= TEXT
    assert contrast(themed(mode, "linkColor"), on) >= TEXT
    assert contrast(themed(mode, "textColor"), on, FADED) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_code_can_be_read_in_captions_too(mode: str) -> None:
    text, paper = themed(mode, "codeTextColor"), themed(mode, "codeBackgroundColor")
    assert contrast(text, paper) >= TEXT
    page = themed(mode, "backgroundColor")
    faded = Color(page).mix(paper, FADED, space="srgb").to_string(hex=True)
    ink = Color(page).mix(text, FADED, space="srgb").to_string(hex=True)
    assert contrast(ink, faded) >= TEXT


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shade", SHADES)
def test_badges_and_coloured_words_can_be_read(mode: str, shade: str) -> None:
    text = themed(mode, f"{shade}TextColor")
    assert contrast(text, themed(mode, f"{shade}BackgroundColor")) >= TEXT
    assert contrast(text, themed(mode, "backgroundColor")) >= TEXT


def test_what_is_chosen_is_seen_and_its_label_can_be_read() -> None:
    """In the dark, looks.css sets the text of a primary button."""
    for mode, ink in (("light", "#ffffff"), ("dark", "#0b1216")):
        primary, page = themed(mode, "primaryColor"), themed(mode, "backgroundColor")
        assert contrast(ink, primary) >= TEXT
        pill = Color(page).mix(primary, 0.1, space="srgb").to_string(hex=True)
        assert contrast(primary, pill) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_every_line_is_seen_on_the_page(mode: str) -> None:
    page = themed(mode, "backgroundColor")
    drawn = (*COLORS.values(), *OTHERS, *SERIES)
    assert [c for c in drawn if Color(c).contrast(page, method="wcag21") < SHAPE] == []


@pytest.mark.parametrize(
    ("least", "colours"),
    [
        (18, COLORS.values()),
        (9, [*COLORS.values(), *OTHERS]),
        (11, SERIES),
        (11, waterfall.SHADES.values()),
        (18, THEME["theme.light.chartCategoricalColors"]),
        (18, THEME["theme.dark.chartCategoricalColors"]),
    ],
    ids=["trials", "trials-and-fixes", "gpus-and-runs", "shares", "light", "dark"],
)
def test_colours_of_one_chart_are_told_apart(least: float, colours: Iterable[str]) -> None:
    distance, kind, one, other = closest(list(colours))
    assert distance >= least, f"{one} and {other} are alike to {kind or 'everybody'}"


def test_lines_are_told_apart_without_any_colour() -> None:
    looks = [line(trial, COLORS[trial.subject, trial.cache]) for trial in TRIALS]
    assert len({(look["dash"], look["width"]) for look in looks}) == len(TRIALS)
    fixed = Trial("merged + a-fix", TRIALS[0].cache, Purpose.SPEED, 4)
    dashes = [dash(fixed, colour) for colour in OTHERS]
    assert dashes == [*OTHER_DASHES]
    assert len({*dashes, *palette.DASHES.values()}) == len(OTHERS) + len({*palette.DASHES.values()})


def test_a_percentage_in_a_bar_can_be_read() -> None:
    for share, shade in waterfall.SHADES.items():
        assert contrast(waterfall.INKS.get(share, waterfall.INK), shade) >= TEXT, share
