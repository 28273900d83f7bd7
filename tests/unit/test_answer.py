from typing import Any

from literals import CHAT, generation, measurement, merged, source
from slowlens.answer import answer
from slowlens.diagnose import Outcome, Status, diagnose
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.live.comparison import against_source, compared
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix, Severity


def ask(*facts: object, **kwargs: object) -> str:
    return answer(diagnose(facts), **kwargs)


def test_the_cause_its_cost_and_its_fix() -> None:
    text = ask(merged({"use_cache": False}, {"use_cache": False, "eos_token_id": 2}))
    assert text == (
        "generate() runs without its key-value cache: generation_config.json turns it off. "
        "2 to 24 times as long per answer: the longer prompt and answer are, the worse. "
        "A safe fix is at hand: turn the key-value cache on."
    )


def test_latent_is_not_slow() -> None:
    text = ask(merged({"use_cache": False}, {"eos_token_id": 2}))
    assert text.startswith("Nothing in its files makes it slow.")
    assert "generate() caches" in text


def test_longer_is_not_slower_per_token() -> None:
    text = ask(merged({}, {}, CHAT), source({}, {"eos_token_id": 2}, CHAT))
    assert text.startswith("Nothing ends an answer")
    assert "Not slower per token, but answers run to the limit" in text


def test_what_was_measured_proves_what_the_files_say() -> None:
    proof = generation(1, 1, 1, purpose=Purpose.PROOF, cached=False)
    here = merged({}, {"use_cache": False, "eos_token_id": 2})
    text = ask(here, measurement(proof))
    assert text == (
        "generate() runs without its key-value cache: generation_config.json turns it off. "
        "The run proves it (no key-value cache: as shipped, its first steps processed 10, 11, 12 "
        "tokens). 2 to 24 times as long per answer: the longer prompt and answer are, the worse. "
        "A safe fix is at hand: turn the key-value cache on."
    )
    slow = [generation(1, 0.4, 0.4, cached=False)] * 3
    fast = [generation(1, 0.1, 0.1, cache=Cache.ON)] * 3
    told = ask(here, measurement(proof, *slow, *fast))
    assert "4.00 times as long per token" in told
    assert "2 to 24 times" not in told, "what was measured goes before what is known in general"
    alone = ask(merged({}, {"eos_token_id": 2}), measurement(proof))
    assert alone.startswith("No key-value cache: as shipped")


def test_a_clear_fail_against_the_source_is_told_whatever_was_found() -> None:
    slow, fast = (
        [generation(1, 0.4, 0.4)] * 3,
        [generation(1, 0.1, 0.1, subject=Subject.SOURCE)] * 3,
    )
    run = measurement(generation(1, 1, 1, purpose=Purpose.PROOF), *slow, *fast)
    told = "As shipped it takes 4.00 times as long per token as its source (means, 90 % interval "
    sound = ask(merged({}, {"eos_token_id": 2}), measurement=run)
    assert sound.startswith(told)
    assert sound.endswith("). No finding that counts explains it.")
    longer = (merged({}, {}, CHAT), source({}, {"eos_token_id": 2}, CHAT))
    other = ask(*longer, measurement=run)
    assert other.startswith(told)
    assert "). Nothing ends an answer" in other
    uncached = {"use_cache": False, "eos_token_id": 2}
    cause = ask(merged({}, uncached), source({}, {"eos_token_id": 2}), measurement=run)
    assert f"turns it off. {told}" in cause
    rules = ["gen-use-cache-false"]
    silenced = ask(merged({}, uncached), measurement=run, silenced=rules)
    assert "show a cause" not in silenced, "somebody lives with one"
    assert "No finding that counts explains it." in silenced
    broken = FileProblem("config.json", "is not valid JSON", "Mend it.")
    unread = ask(merged(None), problems=[broken], measurement=run)
    assert "It could not be told: config.json" in unread


def test_what_is_not_clearly_slower_is_not_said_to_be() -> None:
    runs = [generation(1, 0.1, 0.1), generation(1, 0.1, 0.1, subject=Subject.SOURCE)] * 3
    assert "its source" not in ask(merged({}, {"eos_token_id": 2}), measurement=measurement(*runs))
    few = [generation(1, 0.4, 0.4), generation(1, 0.1, 0.1, subject=Subject.SOURCE)]
    assert "its source" not in ask(merged({}, {"eos_token_id": 2}), measurement=measurement(*few))


def test_a_cost_that_compares_with_the_source_does_not_say_it_twice() -> None:
    slow, fast = (
        [generation(1, 0.4, 0.4)] * 3,
        [generation(1, 0.1, 0.1, subject=Subject.SOURCE)] * 3,
    )
    run = measurement(*slow, *fast)
    sides = against_source(run)
    assert sides
    cost = compared(*sides)
    outcome = found("mbu-below-source", Severity.WARNING, Confidence.MEASURED, cost=cost)
    text = answer([outcome], measurement=run)
    assert text.count("times as long") == 1


def test_sound() -> None:
    here = merged({}, {"eos_token_id": 2})
    assert ask(here) == "Nothing in its files makes it slow."
    proved = measurement(generation(1, 1, 1, purpose=Purpose.PROOF))
    assert "live run" in ask(here, proved, measurement=proved)
    assert "live run" not in ask(here, measurement(), measurement=measurement())


def test_unread_is_not_sound() -> None:
    broken = FileProblem("config.json", "is not valid JSON", "Mend it.")
    assert ask(merged(None), problems=[broken]).startswith("It could not be told: config.json is")
    odd = FileProblem("config.json", "has NaN", "Replace it.")
    assert ask(merged({}, {"eos_token_id": 2}), problems=[odd]) == (
        "Nothing in its files makes it slow. But config.json has NaN."
    )


def test_an_answer_without_end_proves_that_the_end_was_lost() -> None:
    endless = generation(1, 1, 1, purpose=Purpose.LENGTH)
    stopped = generation(1, 1, purpose=Purpose.LENGTH, subject=Subject.SOURCE, finish=Finish.EOS)
    here, there = merged({}, {}, CHAT), source({}, {"eos_token_id": 2}, CHAT)
    text = ask(here, there, measurement(endless, stopped))
    assert text.startswith("Nothing ends an answer")
    assert "The run proves it (the answer ran to the limit of 3 tokens; the source " in text


def test_a_fix_is_offered_of_what_is_as_grave_as_what_a_run_proves() -> None:
    fix = Fix("end it", Applicability.SAFE, (Edit("config.json", ("a",), 1, 2),))
    outcomes = [
        found("endless-answer", Severity.ERROR, Confidence.MEASURED),
        found("eos-lost-or-wrong", Severity.WARNING, Confidence.READ),
        found("gen-use-cache-false", Severity.ERROR, Confidence.READ, fix=fix),
    ]
    text = answer(outcomes)
    assert text.startswith("eos-lost-or-wrong. The run proves it (endless-answer).")
    assert text.endswith("A safe fix is at hand: end it.")


def found(rule: str, *how: Any, **more: Any) -> Outcome:
    return Outcome(rule, Status.FOUND, (Finding(rule, *how, affects=(), **more),))


def test_only_what_counts_is_in_the_answer() -> None:
    slow = merged({}, {"use_cache": False, "eos_token_id": 2})
    assert ask(slow, judged=[Runtime.TRANSFORMERS_5]).startswith("generate() runs without")
    elsewhere = ask(slow, judged=[Runtime.VLLM, Runtime.FORWARD])
    assert elsewhere == "Nothing in its files makes it slow under vLLM or a bare forward loop."
    rules = ["gen-use-cache-false"]
    assert ask(slow, judged=[Runtime.VLLM], silenced=rules) == "Nothing in its files makes it slow."
    assert ask(slow, silenced=rules) == "Nothing in its files makes it slow."


def test_a_note_elsewhere_does_not_weaken_the_answer() -> None:
    latent = merged({"use_cache": False}, {"eos_token_id": 2})
    assert ask(latent, judged=[Runtime.VLLM]) == "Nothing in its files makes it slow."


def test_what_prevents_loading_comes_before_what_is_slow() -> None:
    broken = FileProblem("config.json", "is not valid JSON", "Mend it.")
    other = FileProblem("tokenizer.json", "is empty", "Copy it.")
    text = ask(merged(None, {"use_cache": False, "eos_token_id": 2}), problems=[other, broken])
    assert text.startswith(
        "Nothing loads without config.json, which is not valid JSON. "
        "generate() runs without its key-value cache"
    )


def test_what_loads_all_the_same_does_not_come_first() -> None:
    slow = {"use_cache": False, "eos_token_id": 2}
    odd = FileProblem("config.json", "has NaN", "Replace it.")
    assert ask(merged({}, slow), problems=[odd]).startswith("generate() runs without")
    other = FileProblem("tokenizer.json", "is empty", "Copy it.")
    assert ask(merged(None, slow), problems=[other]).startswith("generate() runs without")
