from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from literals import generation, measurement, probe
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish
from slowlens_dashboard.charts.overlay import Curve, caption, overlay_figure, whole
from slowlens_dashboard.charts.palette import SERIES
from slowlens_dashboard.charts.steps import layout


def traces(*curves: Curve) -> list[dict[str, Any]]:
    figure = overlay_figure(curves)
    assert figure is not None
    return [trace.to_plotly_json() for trace in figure.data]


def rounds(*taken: tuple[float, ...]) -> tuple[Generation, ...]:
    return tuple(generation(*seconds) for seconds in taken)


def test_a_line_is_the_median_of_the_rounds_and_a_band_their_range() -> None:
    low, high, line, arrivals = traces(
        Curve("A", rounds((1, 0.1, 0.2), (1, 0.3, 0.2), (1, 0.2, 0.2)))
    )
    assert list(line["x"]) == [2, 3], "the first token is in the time to it"
    assert list(line["y"]) == pytest.approx([200, 200])
    assert list(low["y"]) == pytest.approx([100, 200])
    assert list(high["y"]) == pytest.approx([300, 200])
    assert high["fill"] == "tonexty"
    assert list(arrivals["x"]) == [1, 2, 3]
    assert list(arrivals["y"]) == pytest.approx([1, 1.2, 1.4])
    assert arrivals["yaxis"] == "y2"


def test_it_looks_as_the_chart_of_one_run_does() -> None:
    figure = overlay_figure([Curve("A", rounds((1, 0.1)))])
    assert figure is not None
    told, own = figure.layout.to_plotly_json(), go.Layout(layout()).to_plotly_json()
    for part in ("margin", "legend", "hovermode", "hoversubplots", "xaxis"):
        assert told[part] == own[part], part
    assert told["yaxis"]["title"] == own["yaxis"]["title"]
    assert figure.data[0].line.color == SERIES[0]


def test_one_round_has_no_band() -> None:
    assert len(traces(Curve("A", rounds((1, 0.1, 0.2))))) == 2


def test_every_run_has_its_own_look_in_both_charts() -> None:
    curves = [Curve(str(place), rounds((1, 0.1))) for place in range(2 * len(SERIES))]
    found = traces(*curves)
    looks = [(trace["line"]["color"], trace["line"]["dash"]) for trace in found]
    assert len(set(looks)) == len(curves)
    assert looks[0::2] == looks[1::2]
    named = [trace["name"] for trace in found if trace.get("showlegend", True)]
    assert named == [curve.name for curve in curves]


def test_a_run_without_steps_keeps_its_place_and_is_not_drawn() -> None:
    alone = traces(Curve("A", ()), Curve("B", rounds((1, 0.1))))
    both = traces(Curve("A", rounds((1, 0.1))), Curve("B", rounds((1, 0.1))))
    assert alone[0]["line"] == both[2]["line"]
    assert overlay_figure([Curve("A", ()), Curve("B", rounds((1,)))]) is None


def test_probes_are_marked_and_tell_no_arrival() -> None:
    probes = (probe(0, 0.5, 0.1), probe(30, 0.2, 0.3), probe(30, 0.4, 0.3, number=1))
    low, high, line = traces(Curve("A", probes))
    assert list(line["x"]) == [2, 31, 32]
    assert list(line["y"]) == pytest.approx([100, 300, 300])
    assert (low["y"][1], high["y"][1]) == pytest.approx((200, 400))
    assert "markers" in line["mode"]


def test_the_name_of_a_folder_is_not_html() -> None:
    (line, _) = traces(Curve("A: <b>x</b>", rounds((1, 0.1))))
    assert line["name"] == "A: &lt;b&gt;x&lt;/b&gt;"


def test_only_what_ran_to_its_end_is_drawn() -> None:
    cut = generation(1, 0.1, finish=Finish.STOPPED)
    ran = generation(1, 0.1)
    assert whole([cut, ran]) == (ran,)
    probes = (probe(0), probe(30))
    assert whole([*probes, ran]) == (ran,), "probes only foretell what was run"
    assert whole([*probes, cut]) == probes
    assert whole([cut]) == ()
    proof = replace(ran, trial=measurement(generation(1, cache=Cache.ON)).generations[0].trial)
    assert whole([proof]) == (proof,)


def test_the_caption_tells_what_is_drawn() -> None:
    one = [Curve("A", rounds((1, 0.1)))]
    assert (
        caption(one) == "Line: median of the rounds. The first token is in the lower chart alone."
    )
    assert "band" in caption([Curve("A", rounds((1, 0.1), (1, 0.2)))])
    assert "dots" in caption([Curve("A", (probe(0), probe(30)))])
