"""What a live run found, and what a made-up model is called."""

from dataclasses import replace

from literals import equality, generation, measurement, probe
from literals import loaded as a_model
from runs import a_measurement, a_run
from slowlens.briefing import brief_of
from slowlens.cli.measure import _titled
from slowlens.facts.live.measurement import Failure, Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.reports import causes, runs
from slowlens.reports.called import called, place
from slowlens.reports.device import loaded
from slowlens.reports.measurement import factors, render


def said(measured: Measurement) -> list[str]:
    return list(causes.lines(a_run(measured)))


def test_each_finding_has_its_id_its_severity_and_its_fix() -> None:
    lines = said(a_measurement())
    text = " ".join(" ".join(lines).split())
    assert lines[0].startswith("error     generate() runs without its key-value cache: ")
    assert "[gen-use-cache-false] proof no key-value cache: " in text, "one cause, and its proof"
    assert "[recomputed-steps] fix Turn the key-value cache on (safe)" in text
    assert "2 to 24 times" not in text, "the measured factor stands above"
    assert lines[-2] == "To read about one: slowlens explain gen-use-cache-false"
    assert lines[-1] == "To see the fixes: slowlens fix /m --source /m"
    assert not any(line.startswith("answer ") for line in lines)


def test_a_factor_that_stands_above_is_not_said_again() -> None:
    assert "4.00 times" not in " ".join(said(a_measurement()))

    def few(slow: float) -> str:
        found = measurement(
            generation(1, 0.4, 0.4, purpose=Purpose.PROOF, cached=False),
            generation(1, slow, slow, cached=False),
            generation(1, 0.1, 0.1, cache=Cache.ON),
        )
        return " ".join(" ".join(said(found)).split())

    assert "cost A longer text, or more rounds, shows the price" in few(0.1)
    assert "too few runs" not in few(0.1)
    assert "shows the price" not in few(0.4), "4.00 times as long stands above"


def estimated(number: int, *noise: float) -> list[Generation]:
    places = zip((4, 60, 120), noise, strict=True)
    return [probe(p, *[0.2 * n] * 4, prompt=270, number=number) for p, n in places]


def test_a_row_that_is_estimated_shows_the_lengths_of_the_run_it_stands_for() -> None:
    text = flat(render(measurement(*estimated(0, 1, 1, 1))))
    assert "270, 271, 272, …" in text
    assert "274" not in text


def test_equal_work_that_was_timed_apart_is_said_to_be_noise() -> None:
    def factors_of(off: float, cached: bool = False) -> str:
        shipped = [generation(1, 0.1, 0.1, cached=cached)] * 3
        other = [generation(1, off, off, cache=Cache.OFF, cached=False)] * 3
        return flat(" ".join(factors(measurement(*shipped, *other))))

    assert factors_of(0.112).startswith(
        "merged as shipped: the same work as merged, cache off, and any difference is noise: 100 ms"
    )
    assert factors_of(0.089), "either may be the slower"
    assert factors_of(0.105) == "", "no difference that anybody would take for one"
    assert factors_of(0.112, cached=True) == "", "other work"


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


def test_how_many_layers_a_made_up_model_has_is_in_its_name() -> None:
    assert _titled("gpt2", 0) == _titled("gpt2", 12) == "gpt2"
    assert _titled("gpt2", 1) == "gpt2 (1 layer)"
    assert _titled("gpt2", 2) == "gpt2 (2 layers)"


def parallel(count: int) -> Measurement:
    found = a_measurement()
    return replace(found, plan=replace(found.plan, tensor_parallel=count))


def test_how_many_processes_shared_a_model() -> None:
    assert "; every layer was divided over 2 processes." in flat(render(parallel(2)))
    assert "processes" not in render(parallel(1))
    assert place(a_run(parallel(2))) == "/m, 2 processes"
    assert place(a_run(parallel(1))) == "/m"
    two, one = (brief_of("a", a_run(parallel(count))) for count in (2, 1))
    assert "2 processes: " in runs.render([runs.Listed(two)])
    assert "processes: " not in runs.render([runs.Listed(one)])


def test_a_model_in_memory_says_how_many_processes_share_it() -> None:
    (line,) = loaded(a_model(shards=(5, 5)))
    assert line.endswith("threads), divided over 2 processes")
    (line,) = loaded(a_model())
    assert line.endswith("threads)")


def test_whether_the_cache_changes_results_is_said() -> None:
    text = flat(render(replace(a_measurement(), equalities=(equality(cached=0.5),))))
    assert "Measured: the cache changes the results (Kullback-Leibler" in text
    assert "Kullback" not in render(a_measurement())


def test_the_legend_explains_the_percentiles_that_are_shown() -> None:
    def legend(steps: int) -> str:
        return flat(render(measurement(generation(1, *[0.1] * steps))))

    assert "; p90 and p95 are of single tokens." in legend(100)
    assert "; p90 is of single tokens." in legend(50)
    assert "of single tokens" not in legend(20)
    assert "CV" not in legend(100)
    assert "the proof and answers" not in legend(100)


def test_a_prompt_that_was_cut_for_timed_trials_alone_is_told() -> None:
    found = measurement(generation(1, 0.1, 0.1))
    cut = replace(found, plan=replace(found.plan, prompt_tokens=64))
    text = " ".join(render(cut).split())
    assert "after a prompt of 64 tokens; the proof and answers had the prompt as it is." in text


def flat(text: str) -> str:
    return " ".join(text.split())


def test_only_the_word_merged_is_replaced() -> None:
    assert called("gpt2")("merged, unmerged, merged.") == "gpt2, unmerged, gpt2."
    assert called("gpt2")("/a/merged, merged-7b, merged/b") == "/a/merged, merged-7b, merged/b"
    assert called("")("merged") == "merged"
    assert called(r"\1")("merged") == r"\1"


def test_what_failed_of_a_shape_has_its_name() -> None:
    found = made_up()
    failed = Failure(found.generations[0].trial, "generating with merged, cache off failed: no", "")
    assert "generating with gpt2, cache off failed" in flat(
        render(replace(found, failures=(failed,)))
    )


def test_a_place_that_somebody_finds_again() -> None:
    assert place(a_run(made_up())) == "the shape gpt2, random weights"
    assert place(a_run(a_measurement())) == "/m"


def test_what_to_do_about_the_same_trouble_is_said_once() -> None:
    hint = f"{'End what else uses this memory. ' * 3}Or measure on a larger device."
    trial = Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 4)
    failed = [Failure(trial, f"out of memory, {left} left", hint) for left in ("2 GB", "1 GB")]
    again = Failure(trial, "out of memory, 2 GB left", hint)
    odd = Failure(trial, "it broke")
    found = replace(measurement(), failures=(*failed, again, odd))
    *_, first, second, to_do, rest, last = render(found).splitlines()
    assert first == "could not be run: out of memory, 2 GB left"
    assert second == "could not be run: out of memory, 1 GB left"
    assert to_do.startswith("  End what else uses this memory.")
    assert rest.endswith("Or measure on a larger device.")
    assert rest.startswith("  ")
    assert last == "could not be run: it broke"
