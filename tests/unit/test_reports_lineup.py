import json
from dataclasses import replace

from literals import generation, measurement
from runs import a_run
from samples import results
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.importing import imported_run
from slowlens.lineup import line_up
from slowlens.reports import speed_json, speed_md
from slowlens.reports.speed_figures import Figure
from slowlens.reports.speed_lineup import PEAK, PROCESS, USED, remarks, rows, unequal_work
from slowlens.run import Run

NOISE = (0.99, 1.0, 1.01)


def timed(seconds: float, tokens: int = 3, *, cached: bool = True) -> Measurement:
    taken = ([1, *[seconds * n] * (tokens - 1)] for n in NOISE)
    return measurement(*(generation(*each, cached=cached) for each in taken))


def foreign() -> Run:
    return imported_run(results("vllm-serve.json")[0], Environment("3.12", "Linux", {}))


def table(*runs: Run, anyway: bool = False) -> dict[str, Figure]:
    return {figure.name: figure for figure in rows(line_up(runs, anyway=anyway))}


def test_each_figure_stands_beside_that_of_the_first_run() -> None:
    found = table(a_run(timed(0.1)), a_run(timed(0.2)))
    assert found["TPOT, median"].told == ("100 ms (99 to 101)", "200 ms (198 to 202)")
    assert found["TPOT, median"].ratios == ("", "2.00 (1.97 to 2.04)")
    assert found["speed of decoding"].told == ("10 tokens/s", "5 tokens/s")
    assert found["what was timed"].told == ("3 rounds of 3 tokens",) * 2


def test_runs_that_are_unlike_have_figures_and_no_ratios() -> None:
    other = replace(timed(0.2), plan=replace(timed(0.2).plan, new_tokens=9))
    runs = a_run(timed(0.1)), a_run(other)
    found = table(*runs)["TPOT, median"]
    assert found.told == ("100 ms (99 to 101)", "200 ms (198 to 202)")
    assert found.ratios == ("", "")
    assert table(*runs, anyway=True)["TPOT, median"].ratios[1].startswith("2.00")


def test_memory_stands_last_and_is_said_to_be_missing() -> None:
    looks = (DeviceSample(0.0, process_memory=1_500_000_000),)
    answer = generation(1, 0.1, purpose=Purpose.LENGTH, finish=Finish.EOS)
    measured = replace(timed(0.1), generations=(*timed(0.1).generations, answer))
    found = table(a_run(replace(measured, samples=looks)), a_run(timed(0.1)))
    assert found["answer, free to stop"].told == ("2 tokens", "n/a")
    assert list(found)[-3:] == [PEAK, USED, PROCESS]
    assert found[PROCESS].told == ("1.5 GB", "n/a")
    assert found[PEAK].told == ("n/a", "n/a")
    assert "weights read a step" not in found, "what no run tells is left out"


def test_memory_of_the_gpu_has_its_ratio() -> None:
    runs = []
    for peak in (10**9, 3 * 10**9):
        held = (replace(g, memory_peak=peak) for g in timed(0.1).generations)
        runs.append(a_run(replace(timed(0.1), generations=tuple(held))))
    found = table(*runs)[PEAK]
    assert (found.told, found.ratios[1]) == (("1 GB", "3 GB"), "3.00")


def test_unequal_numbers_of_tokens_are_said() -> None:
    runs = a_run(timed(0.1)), a_run(timed(0.1, tokens=5)), a_run(timed(0.1))
    (said,) = unequal_work(line_up(runs))
    assert "3 tokens (A, C), 5 tokens (B)" in said
    assert not [*unequal_work(line_up(runs[::2]))]


def test_tokens_of_an_import_count_too() -> None:
    (said,) = unequal_work(line_up([a_run(timed(0.1)), foreign()]))
    assert "3 tokens (A), 128 tokens (B)" in said


def test_unequal_work_of_a_step_is_said() -> None:
    runs = a_run(timed(0.1)), a_run(timed(0.1, cached=False))
    (said,) = unequal_work(line_up(runs))
    assert "the newest token (A), all tokens again (B)" in said


def test_runs_with_less_to_show_are_named() -> None:
    on = measurement(generation(1, 0.1, cache=Cache.ON))
    stopped = replace(timed(0.1), status=Status.STOPPED)
    failed = replace(timed(0.1), status=Status.FAILED)
    runs = a_run(timed(0.1)), a_run(on), a_run(stopped), a_run(failed), foreign()
    missing, halted, broken, imported = remarks(line_up(runs))
    assert missing == "B did not time this kind of trial to its end."
    assert halted == "C was not finished: it was stopped."
    assert broken == "D was not finished: it failed."
    assert imported.startswith("E is imported from vLLM: it tells no steps,")
    assert imported.endswith("the first token is not in it."), "its own definition, one stop"


def test_several_verdicts_as_json_and_markdown() -> None:
    found = line_up([a_run(timed(0.1)), a_run(timed(0.2)), a_run(timed(0.1))])
    told = json.loads(speed_json.render_all(found.verdicts))
    assert [each["answer"] for each in told["comparisons"]] == ["fail", "pass"]
    assert told["comparisons"][0] == json.loads(speed_json.render(found.verdicts[0]))
    text = speed_md.render_all(found.verdicts)
    assert text.startswith("## Slowlens, speed: failed\n")
    assert "\n\n## Slowlens, speed: passed\n" in text
    assert "| figure | A | C | C / A (means) |" in text
