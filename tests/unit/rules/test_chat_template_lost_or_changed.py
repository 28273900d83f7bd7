from typing import Any

import pytest

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.facts.text.rendered import Rendered
from slowlens.findings import Applicability, Edit, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.chat_template_lost_or_changed import check
from talking import CHATML, pair, talking

CHATTING = (*GENERATE, *ENGINES, Runtime.LLAMA_CPP)
THINKING = CHATML.replace(
    "assistant\n{% endif %}",
    "assistant\n{% if enable_thinking is defined and enable_thinking is false %}"
    "<think>\n\n</think>\n\n{% endif %}{% endif %}",
)
QUIET = CHATML.replace("assistant\n", "assistant\n<think>\n\n</think>\n\n")
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
TOOLS = CHATML + "{% if tools %}{{ tools[0].function.name }}{% endif %}"
PICTURES: dict[str, Any] = {"preprocessor_config_json": {"size": 1}}
LOST = talking({})


def jinja(template: str, **more: Any) -> Checkpoint:
    return talking({}, jinja=template, **more)


def written(template: Any, **more: Any) -> Checkpoint:
    """With the template in tokenizer_config.json."""
    return talking({"chat_template": template}, **more)


def found(here: Checkpoint, there: Checkpoint) -> tuple[Finding, ...]:
    return tuple(check(*pair(here, there)))


def changed(here: str, there: str = CHATML) -> Finding:
    (finding,) = found(jinja(here), jinja(there))
    assert finding.affects == CHATTING
    assert finding.message.startswith("the chat template in chat_template.jinja ")
    return finding


def test_a_lost_template_fails_chat_calls_and_the_fix_writes_it() -> None:
    for_engines, for_converter = found(LOST, jinja(CHATML))
    assert for_engines.severity is Severity.ERROR
    assert for_engines.affects == (*GENERATE, *ENGINES)
    assert "(the source has it in chat_template.jinja)" in for_engines.message
    assert for_engines.fix is not None
    assert for_engines.fix.applicability is Applicability.UNSAFE
    edit = Edit("tokenizer_config.json", ("chat_template",), before=ABSENT, after=CHATML)
    assert for_engines.fix.edits == (edit,)
    assert (for_converter.severity, for_converter.affects) == (
        Severity.WARNING,
        (Runtime.LLAMA_CPP,),
    )


def test_a_processor_does_not_look_into_tokenizer_config() -> None:
    here = written(CHATML, **PICTURES)
    (finding,) = found(here, jinja(CHATML, **PICTURES))
    assert (finding.severity, finding.affects) == (Severity.ERROR, GENERATE)
    assert "where the processor reads it" in finding.message
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit("chat_template.json", ("chat_template",), before=ABSENT, after=CHATML),
    )


def test_a_tokenizer_does_not_read_chat_template_json() -> None:
    here = talking({}, chat_template_json={"chat_template": CHATML})
    (finding,) = found(here, jinja(CHATML))
    assert finding.affects == (*GENERATE, *ENGINES)
    assert "where the tokenizer reads it" in finding.message


def test_without_tokenizer_config_the_edit_makes_the_file() -> None:
    finding, _ = found(talking(None), jinja(CHATML))
    assert finding.fix is not None
    assert finding.fix.edits[0].file == "tokenizer_config.json"


def test_an_unreadable_file_is_not_edited() -> None:
    names = ("tokenizer.json", "tokenizer_config.json")
    finding, _ = found(talking(None, names=names, root="/m"), jinja(CHATML, root="/the s"))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "cp '/the s/chat_template.jinja' /m/chat_template.jinja" in finding.fix.reason


def test_the_generation_prompt_is_gone() -> None:
    finding = changed(CHATML.split("{% if add")[0])
    assert finding.severity is Severity.ERROR
    assert "no longer writes the generation prompt '<|im_start|>assistant\\n'" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_the_switch_for_thinking_is_gone() -> None:
    finding = changed(CHATML, THINKING)
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("no longer obeys enable_thinking")
    assert "5 to 20 times" in finding.cost


def test_answers_that_began_without_thinking() -> None:
    finding = changed(CHATML, QUIET)
    assert finding.severity is Severity.WARNING
    assert "</think>" in finding.message
    assert "5 to 20 times" in finding.cost
    assert "</think>" in changed(QUIET).message


def test_a_template_that_fails_where_the_sources_does_not() -> None:
    finding = changed(NO_SYSTEM + CHATML)
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith(
        "fails for a question with a system message, as the source's does not: no system"
    )
    finding = changed("{% if %}")
    assert "line 1" in finding.message


def test_another_end_of_turn() -> None:
    finding = changed(CHATML.replace("<|im_end|>", "<|eot_id|>"))
    assert finding.severity is Severity.WARNING
    assert "ends a turn with '<|eot_id|>', not '<|im_end|>'" in finding.message
    assert "; <|eot_id|> is no token of this tokenizer" in finding.message
    assert "limit" in finding.cost
    here = jinja(CHATML.replace("<|im_end|>", "<|eot_id|>"), added={"<|eot_id|>": 4})
    (finding,) = found(here, jinja(CHATML))
    assert "is no token" not in finding.message
    finding = changed(CHATML.replace("<|im_end|>", "!"))
    assert "ends a turn with no known token, not '<|im_end|>'" in finding.message


def test_another_text() -> None:
    finding = changed("Be brief. " + CHATML)
    assert finding.severity is Severity.WARNING
    assert "writes another prompt than the source's (a question): 'Be brief. <|im_start|>" in (
        finding.message
    )


def test_a_tool_counts_where_one_of_them_knows_tools() -> None:
    assert "(a question with a tool)" in changed(TOOLS).message
    assert "(a question with a tool)" in changed(CHATML, TOOLS).message


def test_a_picture_counts_where_there_is_a_processor() -> None:
    picture = CHATML.replace("m.content", "m.content if m.content is string else 'picture'")
    (finding,) = found(jinja(picture, **PICTURES), jinja(CHATML, **PICTURES))
    assert "(a question with a picture)" in finding.message
    assert found(jinja(picture), jinja(CHATML)) == ()


def test_spaces_within_the_text_are_a_note() -> None:
    finding = changed(CHATML.replace("m.role }}\n", "m.role }} "))
    assert finding.severity is Severity.NOTE
    assert "differs in spaces" in finding.message


@pytest.mark.parametrize(
    "template",
    [
        CHATML,
        "{# a comment #}" + CHATML,
        CHATML.replace("{% for", "{%- for").replace("{% if", "  {% if"),
        CHATML.replace("m.role", "m['role']"),
        CHATML.replace("<|im_end|>\n", "<|im_end|>\n\n"),
    ],
)
def test_what_renders_alike_is_no_finding(template: str) -> None:
    assert found(jinja(template), jinja(CHATML)) == ()


def test_a_template_that_moved_to_another_file_is_no_finding() -> None:
    assert found(written(CHATML), jinja(CHATML)) == ()
    assert found(jinja(CHATML), written([{"name": "default", "template": CHATML}])) == ()


def test_a_template_that_training_added_is_no_finding() -> None:
    assert found(jinja(CHATML), LOST) == ()


def test_what_both_fail_at_is_no_finding() -> None:
    assert found(jinja(NO_SYSTEM + CHATML), jinja("{# x #}" + NO_SYSTEM + CHATML)) == ()


def test_a_failure_that_was_mended_is_no_finding() -> None:
    assert found(jinja(CHATML), jinja(NO_SYSTEM + CHATML)) == ()


def test_models_that_write_nothing_need_no_template() -> None:
    kind = {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"]}
    assert found(talking({}, config=kind), jinja(CHATML)) == ()


def test_a_template_in_a_json_file_is_edited() -> None:
    (finding,) = found(written("x"), written(CHATML))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    edit = Edit("tokenizer_config.json", ("chat_template",), before="x", after=CHATML)
    assert finding.fix.edits == (edit,)
    (evidence,) = finding.evidence
    assert getattr(evidence, "pointer", None) == ("chat_template",)


def test_a_template_that_only_stands_in_json_is_taken_out_of_it() -> None:
    here, there = jinja("x", root="/m"), written(CHATML, root="/s")
    finding = found(here, there)[0]
    assert finding.fix is not None
    assert "json.load(open('/s/tokenizer_config.json'" in finding.fix.reason
    assert "pathlib.Path('/m/chat_template.jinja')" in finding.fix.reason
    (evidence,) = finding.evidence
    assert getattr(evidence, "pointer", None) == ()


def test_templates_that_were_not_rendered_are_not_fine() -> None:
    merged, source, _ = pair(jinja("x"), jinja(CHATML))
    with pytest.raises(Undecided, match="needs jinja2"):
        list(check(merged, source, Rendered(problem="needs jinja2")))
    with pytest.raises(Undecided, match="not rendered"):
        list(check(merged, source, None))


def test_what_was_found_is_said_even_if_the_rest_is_unsure() -> None:
    here = talking({"chat_template": "x"}, **PICTURES)
    merged, source, _ = pair(here, jinja(CHATML, **PICTURES))
    (finding,) = check(merged, source, Rendered(problem="needs jinja2"))
    assert finding.affects == GENERATE


def test_one_side_that_was_not_rendered_is_not_fine() -> None:
    merged, source, rendered = pair(jinja("x"), jinja(CHATML))
    assert rendered is not None
    for half in (Rendered(merged=rendered.merged), Rendered(source=rendered.source)):
        with pytest.raises(Undecided, match="not rendered"):
            list(check(merged, source, half))


def test_long_texts_are_shown_by_their_end() -> None:
    long = CHATML.replace("assistant\n", "assistant" + "x" * 60 + "y")
    assert f"prompt '…{'x' * 59}y':" in changed(CHATML.split("{% if add")[0], long).message
    short = CHATML.replace("<|im_start|>assistant\n", "z" * 60)
    assert f"prompt '{'z' * 60}':" in changed(CHATML.split("{% if add")[0], short).message


def test_one_of_several_templates_is_copied_by_hand() -> None:
    there = written([{"name": "default", "template": CHATML}], root="/s")
    finding = found(jinja("x", root="/m"), there)[0]
    assert finding.fix is not None
    assert finding.fix.reason.endswith(
        "Put the default template of /s/tokenizer_config.json into /m/chat_template.jinja."
    )


def test_a_folder_without_tokenizer_is_another_rules_matter() -> None:
    assert found(talking(None), written(CHATML))
    assert not found(talking(None, names=()), written(CHATML))
