from dataclasses import replace

from literals import generation, measurement, probe
from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.facts.live.side import Side, shared_kinds, side_of, side_of_import
from slowlens.facts.live.speed import Work
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject

SHIPPED = (Subject.MERGED, Cache.AS_SHIPPED)


def test_figures_of_all_whole_runs() -> None:
    answer = generation(1, 1, 1, purpose=Purpose.LENGTH, finish=Finish.EOS, cache=Cache.ON)
    made = measurement(
        replace(generation(0.5, 0.1, 0.1), memory_peak=100),
        replace(generation(0.6, 0.3, 0.3), memory_peak=300),
        replace(generation(0.7, 0.9, finish=Finish.STOPPED), memory_peak=900),
        answer,
    )
    made = replace(made, models=(replace(made.models[0], weights_read=2000),))
    side = side_of(made, *SHIPPED)
    assert side == Side(
        tpots=(0.1, 0.3),
        ttfts=(0.5, 0.6),
        answer=3,
        ended=True,
        memory_peak=300,
        weights_read=2000,
        work=Work.NEWEST,
    )


def test_what_is_not_known_is_none_and_never_0() -> None:
    side = side_of(measurement(), *SHIPPED)
    assert side == Side()
    assert (side.weights_read, side.memory_peak, side.answer, side.ended) == (None,) * 4


def test_an_answer_that_was_cut_off_did_not_end() -> None:
    made = measurement(generation(1, 1, purpose=Purpose.LENGTH, cache=Cache.ON))
    assert (side_of(made, *SHIPPED).answer, side_of(made, *SHIPPED).ended) == (2, False)


def test_probes_are_told_as_an_estimate() -> None:
    made = measurement(probe(0, *[0.1] * 4), probe(100, *[0.3] * 4))
    made = replace(made, plan=replace(made.plan, new_tokens=104))
    side = side_of(made, *SHIPPED)
    assert side.estimated
    assert len(side.tpots) == len(side.ttfts) == 1
    assert 0.1 < side.tpots[0] < 0.3
    assert side.work is Work.ALL


def test_what_both_timed() -> None:
    on, off = (generation(1, 1, cache=cache) for cache in (Cache.ON, Cache.OFF))
    before, after = measurement(on, generation(1, 1)), measurement(generation(1, 1), off, on)
    assert shared_kinds(before, after) == (SHIPPED, (Subject.MERGED, Cache.ON))


def test_an_import_is_one_run() -> None:
    figures = (
        ImportedFigure(Metric.TPOT, "s", mean=0.02, median=0.03),
        ImportedFigure(Metric.TTFT, "s", median=0.2),
    )
    result = Imported("vLLM bench", "", "", "", "", True, figures)
    assert side_of_import(result) == Side(tpots=(0.02,), ttfts=(0.2,))
    assert side_of_import(replace(result, figures=())) == Side()
