from dataclasses import replace

import pytest

from literals import equality, measurement
from slowlens.facts.live.agreement import Odd, Sameness, judge, judgement_of
from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.trial import Subject


@pytest.mark.parametrize(
    ("kl", "verdict"),
    [
        (0.0, Sameness.EQUAL),
        (1.9e-9, Sameness.EQUAL),
        (1e-6, Sameness.EQUAL),
        (2e-6, Sameness.UNCLEAR),
        (1e-5, Sameness.UNCLEAR),
        (1.1e-5, Sameness.DIFFERENT),
        (4.6e-3, Sameness.DIFFERENT),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_full_precision_decides(kl: float, verdict: Sameness, dtype: str) -> None:
    assert judge(equality(cached=kl, dtype=dtype)).verdict is verdict


@pytest.mark.parametrize("noise", [0.0, 10.0])
def test_in_full_precision_no_noise_excuses(noise: float) -> None:
    source = equality(cached=noise, dtype="float32", subject=Subject.SOURCE)
    assert judge(equality(cached=1e-3, floor=noise), source).verdict is Sameness.DIFFERENT


def test_in_full_precision_one_position_is_enough() -> None:
    once = Agreement(1e-3 / 32, 1e-3, 0, 0.0, 1.0, 0.0)
    assert judge(replace(equality(), cached=once)).verdict is Sameness.DIFFERENT


@pytest.mark.parametrize(
    ("kl", "floor", "verdict"),
    [
        (1.7e-3, 0.0, Sameness.EQUAL),
        (3e-3, 0.0, Sameness.EQUAL),
        (4e-3, 0.0, Sameness.UNCLEAR),
        (1e-2, 0.0, Sameness.UNCLEAR),
        (1.1e-2, 0.0, Sameness.DIFFERENT),
        (4e-3, 2e-3, Sameness.EQUAL),
        (5e-3, 2e-3, Sameness.UNCLEAR),
        (1.1e-2, 2e-3, Sameness.UNCLEAR),
        (2.1e-2, 2e-3, Sameness.DIFFERENT),
        (0.5, 2e-2, Sameness.UNCLEAR),
    ],
)
def test_bfloat16_is_held_against_the_models_own_rounding(
    kl: float, floor: float, verdict: Sameness
) -> None:
    assert judge(equality(cached=kl, floor=floor, dtype="bfloat16")).verdict is verdict


def test_float16_rounds_less() -> None:
    for kl, verdict in (
        (9e-5, Sameness.EQUAL),
        (2e-4, Sameness.UNCLEAR),
        (1e-2, Sameness.UNCLEAR),
        (1.1e-2, Sameness.DIFFERENT),
    ):
        assert judge(equality(cached=kl, dtype="float16")).verdict is verdict


def routed(mean: float, largest: float, median: float | None = 1e-4) -> Equality:
    """A mixture of experts: some tokens went to other experts."""
    cached = Agreement(mean, largest, 1, 0.1, 2.0, median)
    return replace(equality(dtype="bfloat16"), cached=cached)


def test_a_few_tokens_that_go_elsewhere_are_no_proof() -> None:
    assert judge(routed(1e-3, 0.16)).verdict is Sameness.UNCLEAR
    assert judge(routed(5e-2, 1.6)).verdict is Sameness.UNCLEAR
    assert judge(routed(5e-2, 1.6, median=None)).verdict is Sameness.DIFFERENT
    wide = Agreement(2e-2, 0.42, 1, 0.1, 2.0, 1e-4)
    assert judge(replace(routed(3e-2, 1.6), floor=wide)).verdict is Sameness.EQUAL
    assert judge(replace(routed(3e-2, 1.8), floor=wide)).verdict is Sameness.UNCLEAR


def test_the_noise_is_the_larger_of_its_own_and_its_sources() -> None:
    merged = equality(cached=6e-3, floor=1e-3, dtype="bfloat16")
    assert judge(merged).verdict is Sameness.UNCLEAR
    source = equality(cached=3e-3, dtype="bfloat16", subject=Subject.SOURCE)
    judgement = judge(merged, source)
    assert judgement.verdict is Sameness.EQUAL
    assert judgement.noise == source.cached
    quiet = equality(cached=1e-4, dtype="bfloat16", subject=Subject.SOURCE)
    assert judge(merged, quiet).noise == merged.floor


def test_a_source_of_another_dtype_tells_nothing() -> None:
    merged = equality(cached=6e-3, floor=1e-3, dtype="bfloat16")
    source = equality(cached=3e-3, dtype="float16", subject=Subject.SOURCE)
    assert judge(merged, source) == judge(merged)


def test_a_source_with_the_defect_is_no_noise() -> None:
    merged = equality(cached=0.5, floor=1e-3, dtype="bfloat16")
    source = equality(cached=0.5, dtype="bfloat16", subject=Subject.SOURCE)
    judgement = judge(merged, source)
    assert judgement.verdict is Sameness.DIFFERENT
    assert judgement.source_too
    assert not judge(merged, replace(source, cached=merged.floor)).source_too


@pytest.mark.parametrize(
    ("floor", "prefill", "odd"),
    [
        (1e-12, 0.0, Odd.DECODING),
        (0.4, 0.0, Odd.LENGTH),
        (1e-12, 0.4, Odd.CACHE),
        (0.4, 0.4, Odd.CACHE),
    ],
)
def test_which_one_stands_alone(floor: float, prefill: float, odd: Odd) -> None:
    assert judge(equality(cached=0.5, floor=floor, prefill=prefill)).odd is odd


def test_which_one_stands_alone_in_16_bits() -> None:
    def odd(prefill: float) -> Odd | None:
        return judge(equality(cached=0.5, prefill=prefill, dtype="bfloat16")).odd

    assert (odd(1e-3), odd(0.1)) == (Odd.DECODING, Odd.CACHE)


def test_without_a_pass_that_fills_a_cache_it_is_decoding() -> None:
    assert judge(replace(equality(cached=0.5), prefill=None)).odd is Odd.DECODING


def test_what_is_equal_has_nothing_odd() -> None:
    for found in (equality(floor=0.4), equality(cached=1e-6)):
        assert judge(found).odd is None
        assert not judge(found).source_too


def test_a_run_is_judged_by_what_it_compared() -> None:
    merged, source = equality(dtype="bfloat16"), equality(1e-3, subject=Subject.SOURCE)
    source = replace(source, dtype="bfloat16")
    assert judgement_of(measurement()) is None
    assert judgement_of(replace(measurement(), equalities=(source,))) is None
    both = judgement_of(replace(measurement(), equalities=(source, merged)))
    assert both is not None
    assert both.found == merged
    assert both.noise == source.cached


def test_a_sentence_for_each_verdict() -> None:
    found = replace(equality(), cached=Agreement(2e-3, 0.25, 5, 0.3, 1.0, 1e-3))
    assert judge(found).sentence == (
        "Measured: the cache changes the results (Kullback-Leibler divergence 0.002 nats on "
        "average and at most 0.25 over 32 tokens in float32, another most likely token at 5)."
    )
    assert judge(equality()).sentence.startswith("Measured: the results are the same")
    unclear = judge(equality(cached=5e-3, dtype="bfloat16")).sentence
    assert unclear.startswith("Whether the cache changes the results, bfloat16 cannot tell (")
