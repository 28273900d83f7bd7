from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from literals import generation, measurement, probe
from slowlens.facts.environment import Device
from slowlens.facts.live.circumstances import MACHINE, TASK
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.likeness import (
    Unlike,
    unlike_conditions,
    unlike_imports,
    unlike_models,
)
from slowlens.facts.live.measurement import LoadedModel, Measurement
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Subject

GPU = Device("cuda", "NVIDIA H100", "u", 80_000, 16, driver="570.1", power_limit=700.0)
CPU = Device("cpu", "a processor", threads=8)
PLAN = Plan("/m", prompt="hello", new_tokens=4)
IMPORT = Imported("vLLM bench", "0.11", "org/m", "", "the mean of requests", True, ())


def made(
    device: Device = GPU,
    plan: Plan = PLAN,
    packages: Mapping[str, str] | None = None,
    **model: Any,
) -> Measurement:
    """Two kinds of trial of one model on this device."""
    one = measurement(generation(1, 0.1, 0.1), generation(1, 0.1, 0.1, cache=Cache.ON))
    assert one.environment
    versions = {"torch": "2.11.0", "transformers": "5.17.0"} if packages is None else packages
    environment = replace(one.environment, packages=versions)
    models = (replace(one.models[0], device=device, **model),)
    return replace(one, plan=plan, models=models, environment=environment)


CONDITIONS = {
    "device": (
        made(),
        made(replace(GPU, name="NVIDIA A100")),
        ("NVIDIA H100", "NVIDIA A100"),
    ),
    "number of GPUs": (made(), made(gpus=("u", "v")), ("1", "2")),
    "driver": (made(), made(replace(GPU, driver="580.2")), ("570.1", "580.2")),
    "power limit": (made(), made(replace(GPU, power_limit=350.0)), ("700 W", "350 W")),
    "CPU threads": (made(CPU), made(replace(CPU, threads=2)), ("8", "2")),
    "torch": (
        made(),
        made(packages={"torch": "2.13.0", "transformers": "5.17.0"}),
        ("2.11.0", "2.13.0"),
    ),
    "transformers": (
        made(),
        made(packages={"torch": "2.11.0", "transformers": "5.23.0"}),
        ("5.17.0", "5.23.0"),
    ),
    "prompt": (
        made(),
        made(plan=replace(PLAN, prompt="bye\n" + "so " * 40)),
        (
            "“hello” of 5 characters",
            "“bye so so so so so so so so so so so so…” of 124 characters, checksum e7276008",
        ),
    ),
    "picture": (made(), made(plan=replace(PLAN, image="generated")), ("none", "generated")),
    "new tokens": (made(), made(plan=replace(PLAN, new_tokens=8)), ("4", "8")),
    "processes": (made(), made(plan=replace(PLAN, tensor_parallel=2)), ("1", "2")),
    "device map": (made(), made(plan=replace(PLAN, device_map="auto")), ("none", "auto")),
    "weights": (
        made(),
        made(plan=replace(PLAN, random_weights=True)),
        ("from the files", "made up"),
    ),
    "parameters": (
        made(plan=replace(PLAN, random_weights=True)),
        made(plan=replace(PLAN, random_weights=True), parameters=1234),
        ("1,000", "1,234"),
    ),
}


def test_every_condition_is_tried() -> None:
    assert CONDITIONS.keys() == MACHINE.keys() | TASK.keys()


@pytest.mark.parametrize("what", CONDITIONS)
def test_each_condition_is_told_with_both_values_and_alone(what: str) -> None:
    before, after, values = CONDITIONS[what]
    assert unlike_conditions(before, after) == (Unlike(what, *values),)
    assert unlike_conditions(after, after) == ()
    assert unlike_models(before, after) == ()


def test_a_checkpoint_may_have_fewer_parameters() -> None:
    assert unlike_conditions(made(), made(parameters=900)) == ()


def test_what_is_not_known_of_one_is_no_difference() -> None:
    bare = replace(made(), models=(), environment=None)
    old = made(replace(GPU, driver="", power_limit=None))
    assert unlike_conditions(made(), bare) == unlike_conditions(bare, made()) == ()
    assert unlike_conditions(made(), old) == unlike_conditions(old, made()) == ()
    assert unlike_conditions(made(CPU), made(replace(CPU, threads=0))) == ()
    assert unlike_conditions(made(packages={}), made()) == ()


def test_threads_do_not_count_where_a_gpu_does_the_work() -> None:
    assert unlike_conditions(made(), made(replace(GPU, threads=2))) == ()


def test_the_power_limit_of_older_runs_is_in_what_was_seen() -> None:
    device = replace(GPU, power_limit=None)
    seen = replace(made(device), samples=(DeviceSample(0), DeviceSample(1, power_limit=350.5)))
    assert unlike_conditions(made(), seen) == (Unlike("power limit", "700 W", "350.5 W"),)


def test_another_uuid_and_more_memory_are_the_same_device() -> None:
    assert unlike_conditions(made(), made(replace(GPU, uuid="v", memory=81_000))) == ()


LONGER = replace(
    made(), generations=tuple(replace(g, prompt_tokens=12) for g in made().generations)
)
WIDER = replace(made(), generations=tuple(replace(g, rows=4) for g in made().generations))
MODELS = {
    "dtype of merged": (made(dtype="float32"), ("bfloat16", "float32")),
    "attention of merged": (made(attention="eager"), ("sdpa", "eager")),
    "prompt length of merged": (LONGER, ("10 tokens", "12 tokens")),
    "batch of merged": (WIDER, ("1", "4")),
}


@pytest.mark.parametrize("what", MODELS)
def test_what_the_checkpoints_made_of_it_is_told_once(what: str) -> None:
    after, values = MODELS[what]
    assert unlike_models(made(), after) == (Unlike(what, *values),)
    assert unlike_conditions(made(), after) == ()


def test_only_what_both_timed_is_compared() -> None:
    source = LoadedModel(Subject.SOURCE, "/s", 1.0, GPU, "float32", "eager", 1)
    more = replace(made(), models=(*made().models, source))
    assert unlike_models(made(), more) == ()


def test_nothing_in_common() -> None:
    on = replace(made(), generations=made().generations[1:])
    shipped = replace(made(), generations=made().generations[:1])
    unlike = Unlike("what was timed", "merged as shipped", "merged, cache on")
    assert unlike_models(shipped, on) == (unlike,)
    nothing = replace(made(), generations=())
    assert unlike_models(nothing, on)[0].before == "nothing"


def test_the_prompt_of_probes_is_that_of_the_shortest() -> None:
    probed = replace(made(), generations=(probe(128), probe(0)))
    timed = replace(made(), generations=(generation(1, 0.1, 0.1),))
    assert unlike_models(probed, timed) == ()


@pytest.mark.parametrize(
    ("changed", "unlike"),
    [
        ({"tool": "SGLang"}, ("tool", "vLLM bench", "SGLang")),
        ({"version": "0.12"}, ("version", "0.11", "0.12")),
        ({"definition": "another"}, ("TPOT", "the mean of requests", "another")),
        ({"settings": {"input_length": 2}}, ("input length", "1", "2")),
    ],
)
def test_results_of_other_benchmarks(changed: dict[str, Any], unlike: tuple[str, ...]) -> None:
    before = replace(IMPORT, settings={"input_length": 1, "batch": 4})
    after = replace(before, **{"settings": {"input_length": 1, "batch": 4}, **changed})
    assert unlike_imports(before, after) == (Unlike(*unlike),)
    assert unlike_imports(before, before) == ()
    assert unlike_imports(replace(before, version=""), after) == (
        () if "version" in changed else (Unlike(*unlike),)
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (128, 128.0, True),
        ("4.0", 4, True),
        (0.5, "0.50", True),
        ("inf", "inf", True),
        (128, 128.5, False),
        (2**60, 2**60 + 1, False),
        ("openai", "vllm", False),
    ],
)
def test_equal_numbers_are_no_difference(one: Any, other: Any, alike: bool) -> None:
    before, after = (replace(IMPORT, settings={"x": value}) for value in (one, other))
    assert (unlike_imports(before, after) == ()) is alike


def test_prompts_that_begin_alike_and_are_as_long_differ() -> None:
    one, two = (made(plan=replace(PLAN, prompt="so " * 40 + end)) for end in ("yes", "no!"))
    (unlike,) = unlike_conditions(one, two)
    assert unlike.what == "prompt"
    assert not unlike_conditions(one, one)
