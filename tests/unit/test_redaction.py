"""No form of a report tells what is its owner's business, wherever in a run it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from string import ascii_lowercase, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planting import everywhere, full_run, with_prompt, with_value
from slowlens.codec import decode, encode
from slowlens.facts.environment import Device
from slowlens.facts.identity import NOBODY, Identity
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Failure
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.redaction import Kind, kinds_named, redacted
from slowlens.redaction.kinds import LEFT
from slowlens.redaction.known import Known
from slowlens.redaction.strings import Strings
from slowlens.reports.document_md import render as as_md
from slowlens.run import Run
from slowlens_dashboard.report import page, render

FULL = full_run()
CORE = st.text(alphabet=ascii_lowercase + digits, min_size=12, max_size=16).map("zq{}".format)
"""The middle of what is planted: no escape changes it, and no library holds it by chance."""


SECRETS = (
    "hf_{0}{1}",
    "token hf_{0}{1} was refused",
    "sk-{0}{1}",
    "sk-proj-{0}-{1}",
    "ghp_{0}{1}",
    "github_pat_{0}_{1}",
    "glpat-{0}{1}",
    "xoxb-{0}-{1}",
    "nvapi-{0}{1}",
    "Authorization: Bearer {0}.{1}",
    "api_key={0}{1}",
    "AccountName=x;AccountKey={0}{1}==;x",
    'HF_TOKEN: "{0} {1}"',
    "password = {0}",
    "https://me:{0}@example.org/x",
    "https://huggingface.co/x?token={0}&a=b",
    "eyJ{0}.{1}.{1}",
    "-----BEGIN PRIVATE KEY-----\n{0}\n-----END PRIVATE KEY-----",
)
PATHS = (
    "/home/{0}/{1}/merged",
    "/Users/{0}/{1}/merged/",
    "/mnt/{0}/{1}/merged/config.json:12",
    "cannot read /data/{0}/{1}/x, nor /home/{0}/y.",
    "'/mnt/{0} and more/{1}/merged'",
    '"/mnt/x {0}/{1} y/merged"',
    "~/{0}/{1}/merged",
    "~{0}/x",
    "../{0}/{1}/merged",
    "file:///srv/{0}/{1}/merged",
    r"C:\Users\{0}\{1}\merged",
    r"\\{0}\{1}\merged",
    "path=/srv/{0}/{1}/merged",
    "(/srv/{0}/{1}/merged)",
    "/srv/{0}.x/{1}-y/merged",
)
HOSTS = (
    "http://{0}:8000/v1",
    "https://{0}.example.org/a",
    "{0}.corp is down",
    "gpu.{0}.internal",
    "ssh me@{0}.example.org",
    "wss://x@{0}/y",
    "HTTPSConnectionPool(host='{0}.example.org', port=443): no answer",
    'Failed to resolve "{0}.example.org"',
)
PLANTED = st.builds(
    lambda form, one, two: (form.format(one, two), one),
    st.sampled_from((*SECRETS, *PATHS, *HOSTS)),
    CORE,
    CORE,
)


def forms(run: Run, here: Identity, keep: frozenset[Kind] = frozenset()) -> Iterator[str]:
    told = redacted(run, keep, here)
    yield encode(told)
    yield as_md(told)
    yield render(page(told))


def survivors(run: Run, cores: tuple[str, ...], here: Identity = NOBODY) -> list[str]:
    return [core for form in forms(run, here) for core in cores if core in form]


@pytest.mark.parametrize("form", [*SECRETS, *PATHS, *HOSTS])
def test_each_of_these_is_known(form: str) -> None:
    one, two = "zq1234567890abcdef", "zq0987654321fedcba"
    strings = Strings(Known((), (), NOBODY), frozenset(Kind))
    told = strings.text(f"It failed at {form.format(one, two)}")
    assert one not in told
    assert two not in told
    assert told.startswith("It failed at ")
    assert strings.counts


@settings(max_examples=25, deadline=None)
@given(PLANTED)
def test_nothing_survives_wherever_it_stands(planted: tuple[str, str]) -> None:
    text, core = planted
    assert survivors(everywhere(FULL, text), (core,)) == []


@settings(max_examples=8, deadline=None)
@given(CORE)
def test_of_paths_that_hold_anything_only_the_last_name_is_told(core: str) -> None:
    assert FULL.measurement
    path = f"/srv/my {core}, (and) more; {core}/x y"
    plan = FULL.measurement.plan
    overlays = tuple(replace(each, path=path) for each in plan.overlays)
    plan = replace(plan, merged=path, source=path, image=f"{path}.png", overlays=overlays)
    models = tuple(replace(each, path=path) for each in FULL.measurement.models)
    measured = replace(FULL.measurement, plan=plan, models=models, error=f"no {path}/config.json!")
    sides = replace(FULL.merged, path=path)
    run = replace(FULL, merged=sides, source=sides, measurement=measured)
    assert survivors(run, (core,)) == []
    assert redacted(run).merged.path == "x y"


@settings(max_examples=8, deadline=None)
@given(CORE, CORE)
def test_names_of_users_and_machines_go_even_alone(user: str, host: str) -> None:
    at_home = replace(FULL, merged=replace(FULL.merged, path=f"/home/{user}/merged"))
    run = everywhere(at_home, f"{user} on {host}")
    assert survivors(run, (user, host), Identity((), (f"{host}.lab",))) == []
    assert survivors(everywhere(FULL, f"by {user}"), (user,), Identity((user.upper(),))) == []


@settings(max_examples=8, deadline=None)
@given(st.lists(CORE, min_size=2, max_size=4), CORE)
def test_the_prompt_and_what_was_written_go_even_quoted(words: list[str], more: str) -> None:
    prompt = f'{" ".join(words)}\nsays "{words[0]}" to all of them'
    answer = f"well {more} and so on"
    text = f"failed at {prompt!r}, or at\n{prompt}\nafter ({answer})"
    run = with_prompt(everywhere(FULL, text), prompt, answer)
    assert survivors(run, (*words, more)) == []


ORDINARY = ("generation", "recomputation", "transformers", "checkpoint.", "generation_config.json")
"""Words of ours that a model may write as a line."""


def quoted_by_others(run: Run, text: str) -> Run:
    """Return a run in which the libraries and a chat template said so."""
    measured = run.measurement
    assert measured
    failed = Failure(Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 4), text)
    models = tuple(replace(each, notes=(text,)) for each in measured.models)
    return replace(
        run, measurement=replace(measured, error=text, models=models, failures=(failed,))
    )


@pytest.mark.parametrize("word", ["Yes", "1", "No.", *ORDINARY])
def test_a_word_that_a_model_wrote_stays_where_it_is_ours(word: str) -> None:
    run = replace(FULL, answer=f"Say {word} to transformers 5: {word}")
    told = redacted(with_prompt(run, f"{word}\nand something else to do", f"well\n{word}"))
    assert told.answer == run.answer
    assert told.environment == run.environment
    assert told.measurement
    assert {each.text for each in told.measurement.generations} == {LEFT[Kind.PROMPT]}
    assert told.measurement.plan.prompt == LEFT[Kind.PROMPT]


@settings(max_examples=8, deadline=None)
@given(st.text(alphabet=ascii_lowercase, min_size=12, max_size=16))
def test_a_word_of_the_prompt_goes_where_somebody_else_may_quote_it(word: str) -> None:
    word = f"Zq{word}"
    packages = {"transformers": "5.1"}
    run = replace(FULL, environment=replace(FULL.environment, packages=packages))
    run = quoted_by_others(
        run, f"no {word!r} of /srv/{word}/{word}.x, {word}: {word}s transformers 5"
    )
    run = with_prompt(run, f"{word}:\nsay it", f"{word}\n{word} says more of it\ntransformers")
    gone = LEFT[Kind.PROMPT]
    told = redacted(run).measurement
    assert told
    assert told.error == f"no '{gone}' of {gone}.x, {gone} {word}s transformers 5"
    assert told.error == told.models[0].notes[0] == told.failures[0].message
    kept = redacted(run, frozenset({Kind.PROMPT})).measurement
    assert kept
    assert kept.error.count(word) == 4
    assert redacted(redacted(run)) == redacted(run)


@pytest.mark.parametrize(
    "line",
    [
        "BlueHeron-2027-b",
        "4111111111111111",
        "https://a.example.org/x",
        "\u8bf7\u89e3\u91ca\u4e00\u4e0b\u91cf\u5b50\u529b\u5b66\u7684\u539f\u7406",
    ],
)
def test_a_line_without_a_blank_that_is_no_ordinary_word_goes_everywhere(line: str) -> None:
    run = with_prompt(everywhere(FULL, f"it said {line} there"), f"now\n{line}", f"{line}\nas well")
    assert survivors(run, (line,)) == []


@settings(max_examples=4, deadline=None)
@given(CORE)
def test_of_keys_that_are_called_secrets_no_value_is_told(core: str) -> None:
    for name in ("hub_token", "api_key", "wandb_api_key", "password", "auth.access_token"):
        run = with_value(FULL, tuple(name.split(".")), {"a": [core], "b": core})
        assert survivors(run, (core,)) == []
        assert survivors(with_value(FULL, ("x",), {name: [core]}), (core,)) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.PATHS, "/srv/zqzqzq/merged"),
        (Kind.SECRETS, "hf_zqzqzqabcdefghijklmnopqrstuvwxyz"),
        (Kind.HOSTS, "http://zqzqzq:80/x"),
        (Kind.USERS, "zqzqzq@example.org"),
    ],
)
def test_what_is_asked_for_is_told(kind: Kind, text: str) -> None:
    run = replace(FULL, answer=f"It is {text}")
    keep = frozenset({kind, Kind.HOSTS} if kind is Kind.USERS else {kind})
    told = [form for form in forms(run, NOBODY, keep) if "zqzqzq" in form]
    assert len(told) == 3
    assert kind not in redacted(run, keep).redacted


def test_the_prompt_is_told_where_it_is_asked_for() -> None:
    run = with_prompt(FULL, "a prompt of zqzqzq", "an answer")
    keep = frozenset({Kind.PROMPT})
    assert all("zqzqzq" in form for form in forms(run, NOBODY, keep))


def test_it_is_counted_by_kind_and_once() -> None:
    said = "api_key: x, Bearer abc, hf_abcdefghijklmnopqrstuvwxyz0123 at /home/alice/x and http://gpu7/y"
    run = replace(FULL, answer=f"{said}. {said}", judged_because=said)
    once = redacted(with_prompt(run, "hello to you all", "and to you as well"))
    assert once.redacted["secrets"] == 3
    assert once.redacted["hosts"] == 1
    assert once.redacted["prompt"] == 2
    assert redacted(once) == once, "what is gone already is not counted again"
    assert decode(encode(once)) == once


def test_paths_become_the_names_of_their_folders() -> None:
    told = redacted(replace(FULL, answer="see /srv/models/merged/config.json"))
    assert (told.merged.path, told.source and told.source.path) == ("merged", "source")
    assert told.answer == "see merged/config.json"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/srv/team/merged/config.json", "merged/config.json"),
        ("/srv/team/merged-2/hidden/x.json", "x.json"),
        ("/srv/team/merged.bak/hidden/x.json", "x.json"),
        ("/srv/team/hidden/deeper/x.json", "x.json"),
        ("'/srv/team/hidden too/deeper still/x.json'", "'x.json'"),
        ("in /srv/team, as it says", "in team, as it says"),
        ("/data/srv/team/hidden/x.json", "x.json"),
        ("\u8bfb\u53d6/srv/team/merged/x.json", "\u8bfb\u53d6merged/x.json"),
        (r"at\n/srv/team/merged/x.json\n/srv/other/x.json", r"at\nmerged/x.json\nx.json"),
    ],
)
def test_folders_beside_a_known_path_are_not_told(text: str, told: str) -> None:
    run = replace(FULL, merged=replace(FULL.merged, path="/srv/team/merged"), answer=text)
    assert redacted(run).answer == told


def test_a_short_name_of_a_user_goes_with_its_home() -> None:
    run = replace(FULL, merged=replace(FULL.merged, path="/home/jo/merged"))
    at_home = replace(run, answer="no /home/jo, nor ~jo/x; jo is a word")
    assert redacted(at_home).answer == "no user, nor x; jo is a word"
    kept = redacted(at_home, keep=frozenset({Kind.PATHS}))
    assert kept.answer == "no /home/user, nor ~user/x; jo is a word"
    assert kept.merged.path == "/home/user/merged"


def test_what_is_no_name_of_a_user_stays() -> None:
    answer = "The model takes 100 ms per token of 100, and half of it is torch."
    run = replace(FULL, answer=answer, merged=replace(FULL.merged, path="/home/model/torch/x"))
    run = with_prompt(run, "say something to all of them", "it is ~100 km, or ~half of that")
    assert redacted(run).answer == answer


def test_ids_of_tokens_and_of_gpus_are_not_told() -> None:
    measured = FULL.measurement
    assert measured
    gpu = Device("cuda", "a GPU", uuid="GPU-1234")
    samples = (DeviceSample(1.0, device="GPU-1234"), DeviceSample(1.0, device="GPU-5678"))
    models = (replace(measured.models[0], device=gpu, gpus=("GPU-5678", "GPU-1234")),)
    told = redacted(replace(FULL, measurement=replace(measured, models=models, samples=samples)))
    found = told.measurement
    assert found
    assert {step.token for each in found.generations for step in each.steps} == {-1}
    assert found.models[0].device.uuid == found.models[0].gpus[1] == found.samples[0].device
    assert "GPU-" not in encode(told)
    assert told.redacted["hosts"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "5 tokens/s and/or 3 GB/s, 1/2 of it; n/a",
        "<|im_end|> </s> </think> model.layers.*.self_attn/q",
        "at 03:04:05 under torch 2.11.0+cu130, driver 580.159.04",
        "slowlens explain gen-use-cache-false",
        "see https://huggingface.co/docs/transformers/x and https://github.com/org/name",
        "HTTPSConnectionPool(host='huggingface.co', port=443): no answer",
        "org/name@0123456789abcdef0123456789abcdef01234567",
        "eos_token = 2; pad_token: 0; token: 151643",
        "hf_hub_download and hf_transfer; sk-learn; c10::Error in at::native",
        "0" * 64,
        "config.json use_cache = false",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    strings = Strings(Known((), (), Identity(("alice",), ("gpu7",))), frozenset(Kind))
    assert strings.text(text) == text
    assert strings.counts == {}


def test_two_names_that_become_one_are_still_two() -> None:
    files = {f"hf_{letter * 30}.json": 1 for letter in "abc"}
    told = redacted(replace(FULL, merged=replace(FULL.merged, files=files)))
    assert len(told.merged.files) == 3


def test_kinds_are_named_in_words() -> None:
    assert kinds_named("paths, prompt") == {Kind.PATHS, Kind.PROMPT}
    assert kinds_named("all") == frozenset(Kind)
    assert kinds_named("") == frozenset()
    with pytest.raises(ValueError, match="'host' is none of paths, users"):
        kinds_named("paths,host")


def test_the_json_form_says_what_is_gone() -> None:
    assert json.loads(encode(redacted(FULL)))["redacted"]["paths"] >= 2
    assert json.loads(encode(FULL))["redacted"] == {}
