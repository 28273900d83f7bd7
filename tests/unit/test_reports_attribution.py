"""The table of the fixes that were tried, in words."""

from literals import generation, measurement
from slowlens.facts.live import attribution as facts
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose, Subject
from slowlens.frozen import replace
from slowlens.reports import attribution
from slowlens.reports.measurement import render

OVERLAYS = (
    Overlay("merged + cache", "/1", ("cache",)),
    Overlay("merged + eos", "/2", ("eos",)),
    Overlay("all fixes", "/3", ("cache", "eos")),
    Overlay("all fixes + static-cache", "/4", ("cache", "eos", "static-cache")),
)
CASE = {
    "merged": (401, 0.03),
    "source": (101, 0.005),
    "merged + cache": (401, 0.01),
    "merged + eos": (101, 0.03),
    "all fixes": (101, 0.01),
    "all fixes + static-cache": (101, 0.005),
}
"""Tokens of an answer, and seconds of each."""

TABLE = """
fix                             tokens  one answer                  saved    share of the gap
merged as shipped         at least 401      12.1 s
merged + cache            at least 401       4.1 s     8 s (7.81 to 8.19)     70 % (69 to 70)
merged + eos                       101       3.1 s     9 s (8.81 to 9.19)     78 % (78 to 79)
all fixes                          101       1.1 s    11 s (10.8 to 11.2)     96 % (96 to 96)
all fixes + static-cache           101       0.6 s  11.5 s (11.3 to 11.7)  100 % (100 to 100)
source as shipped                  101       0.6 s
"""


def runs(subject: str, tokens: int, tpot: float, rounds: int = 3) -> list[Generation]:
    """Timed runs, and an answer that ends unless it has 401 tokens."""
    finish = Finish.EOS if tokens < 401 else Finish.LENGTH
    purpose = Purpose.LENGTH
    answer = generation(*[1.0] * tokens, subject=subject, purpose=purpose, finish=finish)  # type: ignore[arg-type]
    factors = [1 + 0.01 * (number - 1) for number in range(rounds)]
    timed = [generation(0.1, *[tpot * f] * 4, subject=subject) for f in factors]  # type: ignore[arg-type]
    return [*timed, answer]


def tried(case: dict[str, tuple[int, float]], rounds: int = 3) -> Measurement:
    found = measurement(*[g for name, one in case.items() for g in runs(name, *one, rounds)])
    overlays = tuple(overlay for overlay in OVERLAYS if overlay.name in case)
    return replace(found, plan=replace(found.plan, overlays=overlays))


def text(case: dict[str, tuple[int, float]], rounds: int = 3) -> str:
    return "\n".join(attribution.lines(tried(case, rounds)))


def test_the_whole_story() -> None:
    table, said = text(CASE).split("\n\n")
    assert table == TABLE.strip()
    assert said.replace("\n  ", " ") == (
        "An answer of merged takes 11.5 s more than one of the source (3 runs a side): 5.25 s "
        "because it writes 300 tokens more, 6.25 s because each token takes longer.\n"
        "The shares overlap, for some fixes cure the same thing: together they save 6 s less than "
        "the sum of each alone. Do not add them up.\n"
        "No fix explains 0.5 s of the gap, 4 %: 0.5 s because each token takes longer."
    )


def test_without_a_source_the_gap_is_to_all_fixes() -> None:
    shown = text({name: one for name, one in CASE.items() if name != "source"})
    assert "takes 11 s more than one with all fixes" in shown
    assert "No fix explains" not in shown
    assert "source as shipped" not in shown


def row(shown: str, name: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith(f"{name} "))


def test_what_noise_hides_is_not_clear() -> None:
    close = text({**CASE, "merged + eos": (401, 0.027)}, rounds=2)
    assert row(close, "merged + eos").endswith("not clear")
    assert row(close, "merged + cache").endswith("  7.96 s"), "all runs are longer by far"
    idle = text({**CASE, "merged + eos": CASE["merged"]})
    assert row(idle, "merged + eos").endswith("no difference of 10 %")


def test_what_too_few_runs_show_is_told_and_not_shared_out() -> None:
    few = " ".join(text(CASE, rounds=2).split())
    assert "An answer of merged took 20.2 times as long as one of the source; too few runs" in few
    assert "which takes 3 a side, so the gap is not shared out. To make clear" in few
    assert "what is not: more --rounds, " in few
    noisy = facts.attribution(tried(CASE, rounds=2))
    assert noisy is not None
    assert "took 20.2 times" in " ".join(attribution.sentences(noisy))
    assert "took" not in " ".join(attribution.sentences(replace(noisy, noise=21.0)))
    same = text({**CASE, "merged": CASE["source"]}, rounds=2)
    assert "does not clearly take longer than one of the source" in same


def test_longer_runs_may_tell_of_answers_that_were_timed_in_part() -> None:
    few = " ".join(text(CASE, rounds=2).split())
    assert few.endswith("more --rounds, more --new-tokens, and nothing else running.")
    shown = facts.attribution(tried(CASE, rounds=2))
    assert shown is not None
    assert "more rounds, more new tokens, and" in " ".join(attribution.sentences(shown))
    whole = " ".join(text(dict.fromkeys(CASE, (5, 0.03)), rounds=2).split())
    assert whole.endswith("what is not: more --rounds, and nothing else running.")


def test_a_gap_of_unsure_width_is_not_denied() -> None:
    """With runs as they were timed on a busy machine: one of merged took half as long again."""
    found = tried({**CASE, "merged + eos": CASE["merged"]})
    restless = [generation(0.1, *[s] * 4) for s in (0.02, 0.03, 0.02)]
    others = [g for g in found.generations if g.trial.subject != Subject.MERGED]
    answer = [g for g in found.generations if g.trial.purpose is Purpose.LENGTH]
    odd = replace(found, generations=(*restless, *others, *answer[:1]))
    said = "\n".join(attribution.lines(odd))
    assert row(said, "merged + cache").endswith("5.33 s (1.44 to 9.23)")
    assert row(said, "merged + eos").endswith("not clear")
    words = " ".join(said.split("\n\n")[1].split())
    assert words.startswith(
        "An answer of merged takes longer than one of the source, by how much is unsure (90 % "
        "interval 10.4 to 22.8 times); too unstable for a verdict: runs varied by 24.5 % and "
        "0.8 %, so the gap is not shared out. To make clear"
    )
    assert "no gap" not in words
    found = facts.attribution(odd)
    assert found
    assert "what is not: more rounds, more new" in " ".join(attribution.sentences(found))


def test_what_is_left_may_be_nothing_or_less() -> None:
    cured = text({**CASE, "all fixes": CASE["source"]})
    assert "With all fixes no difference from the source is clear." in cured
    better = text({**CASE, "all fixes": (101, 0.001)})
    assert "With all fixes an answer takes 0.4 s less than one of the source." in better


def test_fixes_that_need_each_other_and_those_that_do_not() -> None:
    needy = text({**CASE, "merged + cache": (401, 0.029), "merged + eos": (401, 0.029)})
    assert "more than the sum of each alone: some work only with others." in needy
    apart = text({**CASE, "all fixes": (401, 0.01), "merged + eos": CASE["merged"]})
    assert "Whether the shares overlap is not clear" in apart
    merged, cured = (401, 0.03), (401, 0.01)
    for seconds, clear in ((0.02, True), (0.0272, False)):  # 0.0272: some 10 % less, or not
        both = {**CASE, "merged": merged, "merged + cache": cured, "all fixes": cured}
        shown = text({**both, "merged + eos": (401, seconds)})
        assert ("cure the same thing" in shown) is clear
        assert ("Whether the shares overlap is not clear" in shown) is not clear
    static = {"merged + eos": (401, 0.02), "all fixes + static-cache": (401, 0.0272)}
    shown = text({**both, **static})  # what a static cache does beside them is another question
    assert "cure the same thing" in shown


def test_one_fix_is_one_row() -> None:
    kept = ("merged", "source", "merged + cache")
    shown = text({name: one for name, one in CASE.items() if name in kept})
    assert shown.count("merged + cache") == 1
    assert "overlap" not in shown


def test_an_answer_that_recomputes_is_estimated() -> None:
    found = tried(CASE)
    slow = [generation(0.1, *[0.03 + 0.001 * i for i in range(20)], cached=False) for _ in range(3)]
    others = [g for g in found.generations if g.trial.subject != Subject.MERGED]
    answer = [g for g in found.generations if g.trial.purpose is Purpose.LENGTH]
    shown = "\n".join(attribution.lines(replace(found, generations=(*slow, *others, *answer))))
    assert "about 91.9 s" in shown
    assert "timed in part, and their answer is estimated" in shown


def test_a_report_of_a_run_ends_with_the_fixes() -> None:
    shown = render(tried(CASE))
    assert shown.endswith("because each token takes longer.\n")
    assert "\n\nfix  " in shown
    assert "fix  " not in render(measurement(generation(1, 0.1)))
    assert list(attribution.lines(measurement(generation(1, 0.1)))) == []
