from dataclasses import replace
from typing import Any

import pytest

from literals import generation, measurement, probe
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.gauges import GAUGES
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.facts.live.waterfall import Part, Share, Waterfall
from slowlens_dashboard.charts.machine import machine_figure
from slowlens_dashboard.charts.palette import COLORS, OTHERS, SERIES, colors
from slowlens_dashboard.charts.steps import lines_note, steps_figure
from slowlens_dashboard.charts.waterfall import LONG, SHADES, waterfall_figure

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
    others = [generation(0.1, 0.1, cache=cache) for cache in (Cache.OFF, Cache.STATIC)]
    figure = steps_figure([SHIPPED, ON, *others, source])
    shown = [trace for trace in figure.data if trace.showlegend]
    assert [t.name for t in shown] == [
        "merged as shipped",
        "merged, cache on",
        "merged, cache off",
        "merged, cache static",
        "source as shipped",
    ]
    assert len({trace.line.color for trace in shown}) == len(COLORS) == 5


def test_as_shipped_shows_below_its_equal() -> None:
    read = replace(SHIPPED, trial=replace(SHIPPED.trial, subject="merged"))  # no enum in a file
    shipped, off = (replace(g, steps=SHIPPED.steps) for g in (read, generation(cache=Cache.OFF)))
    below, _, above, _ = steps_figure([shipped, off]).data
    assert below.line.width > above.line.width


def test_fixes_that_are_tried_have_colours_of_their_own() -> None:
    fixed = [replace(SHIPPED.trial, subject=f"merged + rule-{n}") for n in range(3)]
    shades = colors([SHIPPED.trial, *fixed, fixed[0]])
    assert list(shades.values()) == [COLORS["merged", Cache.AS_SHIPPED], *OTHERS[:3]]
    again = colors([*fixed, SHIPPED.trial])
    assert again == shades, "whatever else is shown"


def test_probes_of_a_round_are_marked_where_they_stand_in_the_answer() -> None:
    probes = [probe(0), probe(10), probe(10, number=1), probe(0, number=1)]
    first, below, second = steps_figure(probes).data
    assert list(first.x) == list(second.x) == [1, 2, 11, 12], "mirrored rounds alike"
    assert list(below.y) == [10, 11, 20, 21]
    assert first.name == "merged as shipped, sampled"
    assert (first.mode, first.line.dash, second.mode) == ("lines+markers", "dot", "markers")


def fall(label: str, *parts: tuple[Share, float], estimated: bool = False) -> Waterfall:
    """A time per token that is the sum of its parts, in seconds."""
    found = tuple(Part(share, seconds) for share, seconds in parts)
    tpot = sum(seconds for _, seconds in parts)
    return Waterfall(label, "merged", Cache.ON, tpot, found, None, None, estimated)


def test_the_parts_of_a_token_are_stacked_in_milliseconds_and_percent() -> None:
    slow = fall("slow", (Share.FLOOR, 0.01), (Share.RECOMPUTE, 0.09), estimated=True)
    fast = fall("fast", (Share.FLOOR, 0.01), (Share.REST, 0.002))
    figure = waterfall_figure([slow, fast])
    assert [bar.name for bar in figure.data] == [Share.FLOOR, Share.RECOMPUTE, Share.REST]
    floor, recompute, _ = figure.data
    assert list(floor.y) == ["slow, estimated", "fast"]
    assert list(floor.x) == [10, 10]
    assert list(recompute.x) == [pytest.approx(90), 0]
    assert list(floor.customdata) == ["10 ms (10 %)", "10 ms (83 %)"]
    assert list(recompute.text) == ["90 %", ""]
    assert [note.text for note in figure.layout.annotations] == [
        "<b>slow, estimated:</b> about 100 ms, recompute-bound",
        "<b>fast:</b> 12 ms, bandwidth-bound",
    ]
    assert figure.layout.barmode == "stack"
    assert figure.layout.xaxis.title.text == "milliseconds per token"


def test_a_narrow_screen_cuts_no_label_of_a_bar() -> None:
    long = fall("merged + gen-use-cache-false as shipped", (Share.LAUNCH, 0.1))
    figure = waterfall_figure([fall("fast", (Share.LAUNCH, 0.01)), long])
    short, broken = figure.layout.annotations
    assert (short.x, short.xanchor, short.yanchor) == (0, "left", "bottom"), "all the width"
    assert "<br>" not in short.text
    assert max(map(len, broken.text.split("<br>"))) <= LONG
    assert figure.layout.yaxis.showticklabels is False, "said once"


def test_the_looks_of_the_lines_are_explained() -> None:
    assert lines_note(1) == "Thick line: merged as shipped; medium: the other trials."
    assert "; thin and faint: rounds after the first." in lines_note(2)
    assert lines_note(1, sampled=True).endswith("; dots: steps of a long run that is sampled.")


def test_a_share_has_one_colour_and_every_share_its_own() -> None:
    assert set(SHADES) == set(Share)
    assert len(set(SHADES.values())) == len(Share)
    (bar,) = waterfall_figure([fall("x", (Share.LAUNCH, 0.1))]).data
    assert bar.marker.color == SHADES[Share.LAUNCH]


def looked(*looks: DeviceSample) -> Measurement:
    """Two trials, from second 101 on and from 103 on."""
    one, two = (replace(g, started=at) for g, at in ((SHIPPED, 101.0), (ON, 103.0)))
    return replace(measurement(one, two), samples=looks)


def lines(figure: Any) -> list[Any]:
    drawn = (trace for trace in figure.data if trace.mode == "lines")
    return [trace for trace in drawn if trace.showlegend is False]


def test_the_machine_is_drawn_over_seconds_with_the_trials_shaded() -> None:
    figure = machine_figure(looked(DeviceSample(100, load=1.5), DeviceSample(102, load=2.5)))
    assert figure
    (load,) = lines(figure)
    assert (list(load.x), list(load.y)) == ([0, 2], [1.5, 2.5])
    shaded = [
        (shape.x0, pytest.approx(shape.x1), shape.fillcolor) for shape in figure.layout.shapes
    ]
    assert shaded == [
        (1.0, 1.9, COLORS["merged", Cache.AS_SHIPPED]),
        (3.0, 3.4, COLORS["merged", Cache.ON]),
    ]
    named = [trace.name for trace in figure.data if trace.mode == "markers"]
    assert named == ["merged as shipped", "merged, cache on"]


def test_only_what_is_known_of_the_machine_has_a_panel() -> None:
    assert machine_figure(looked()) is None
    assert machine_figure(looked(DeviceSample(100))) is None
    figure = machine_figure(looked(DeviceSample(100, power=300.0, temperature=0, load=1.0)))
    assert figure
    assert [trace.name for trace in lines(figure)] == [
        "power, W",
        "temperature, °C",
        "load average, processes",
    ]
    assert [trace.yaxis for trace in lines(figure)] == ["y", "y2", "y3"]


def test_every_gpu_has_a_line_and_the_machine_one_for_all() -> None:
    looks = [DeviceSample(100, power=1.0, load=1.0, device=device) for device in ("a", "b")]
    figure = machine_figure(looked(*looks))
    assert figure
    power, other, load = lines(figure)
    assert (power.yaxis, other.yaxis, load.yaxis) == ("y", "y", "y2")
    assert power.line.color != other.line.color
    assert power.line.dash != other.line.dash, "known without its colour"
    named = {t.name: t.line.dash for t in figure.data if t.name.startswith("GPU ")}
    assert named == {"GPU 1": power.line.dash, "GPU 2": other.line.dash}
    assert other.hovertemplate == "GPU 2: %{y:.4~g} W<extra></extra>"
    assert load.hovertemplate == "%{y:.4~g} processes<extra></extra>"


def test_figures_of_the_machine_go_on_where_those_of_a_gpu_begin() -> None:
    before, after = DeviceSample(100, load=1.0), DeviceSample(102, load=2.0, power=9.0, device="a")
    figure = machine_figure(looked(before, after))
    assert figure
    power, load = lines(figure)
    assert (list(load.x), list(load.y)) == ([0, 2], [1.0, 2.0])
    assert (list(power.x), power.line.color) == ([2], SERIES[0])


def test_the_lowest_panel_stands_on_the_axis_of_seconds() -> None:
    sample = DeviceSample(
        100, 1, 2, 3, sm_clock=4, power=5.0, temperature=6, process_memory=7, load=8.0, device="a"
    )
    figure = machine_figure(looked(sample))
    assert figure
    assert len(lines(figure)) == len(GAUGES)
    assert figure.layout.xaxis.anchor == f"y{len(GAUGES)}"
    assert figure.layout[f"yaxis{len(GAUGES)}"].domain[0] == 0
