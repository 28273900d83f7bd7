from dataclasses import replace

from literals import generation
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens_dashboard.charts.palette import COLORS
from slowlens_dashboard.charts.steps import steps_figure

SHIPPED = generation(0.2, 0.3, 0.4, cached=False)
ON = generation(0.2, 0.1, 0.1, cache=Cache.ON)


def again(first: Generation) -> Generation:
    return replace(first, trial=replace(first.trial, round=1))


def test_milliseconds_above_and_input_lengths_below() -> None:
    above, below = steps_figure([SHIPPED]).data
    assert list(above.x) == [1, 2, 3]
    assert list(above.y) == [200, 300, 400]
    assert list(below.y) == [10, 11, 12]
    assert list(above.customdata) == [10, 11, 12], "for the tooltip"
    assert (above.yaxis, below.yaxis) == (None, "y2")


def test_only_timed_trials_are_drawn() -> None:
    proof = generation(0.2, 0.2, purpose=Purpose.PROOF)
    answer = generation(0.2, 0.2, purpose=Purpose.LENGTH)
    assert not steps_figure([proof, answer]).data


def test_a_later_round_has_the_colour_of_the_first_but_stays_behind() -> None:
    first, _, second = steps_figure([ON, again(ON)]).data
    assert second.line.color == first.line.color
    assert second.line.width < first.line.width
    assert second.opacity < first.opacity
    assert (first.showlegend, second.showlegend) == (True, False)


def test_each_kind_has_its_colour_and_name() -> None:
    source = generation(0.1, 0.1, subject=Subject.SOURCE)
    figure = steps_figure([SHIPPED, ON, generation(0.1, 0.1, cache=Cache.OFF), source])
    shown = [trace for trace in figure.data if trace.showlegend]
    assert [t.name for t in shown] == [
        "merged as shipped",
        "merged, cache on",
        "merged, cache off",
        "source as shipped",
    ]
    assert len({trace.line.color for trace in shown}) == len(COLORS) == 4
