from pathlib import Path
from typing import Any

import pytest

from builders import checkpoint
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import ENGINES, EVERY, GENERATE, Runtime
from slowlens.facts.text.templates import (
    CHATTING,
    ChatTemplate,
    chat_template,
    chat_templates,
    default_template,
    essence,
    has_processor,
    special_tokens,
)
from slowlens.gather.checkpoint import read_checkpoint
from talking import talking

JINJA, CONFIG, LEGACY = "chat_template.jinja", "tokenizer_config.json", "chat_template.json"
OWN = "processor_config.json"


def side(*files: str, pictures: bool = False) -> Checkpoint:
    """A checkpoint with a template in each of ``files``, which says where it stands."""
    more: dict[str, Any] = {"preprocessor_config_json": {}} if pictures else {}
    if LEGACY in files:
        more["chat_template_json"] = {"chat_template": LEGACY}
    if OWN in files:
        more["processor_config_json"] = {"chat_template": OWN}
    settings = {"chat_template": CONFIG} if CONFIG in files else {}
    return talking(settings, jinja=JINJA if JINJA in files else None, **more)


@pytest.mark.parametrize(
    ("files", "four", "five", "engines", "converter"),
    [
        ((), None, None, None, None),
        ((CONFIG,), CONFIG, CONFIG, CONFIG, CONFIG),
        ((JINJA, CONFIG), JINJA, JINJA, JINJA, CONFIG),
        ((LEGACY,), None, None, None, LEGACY),
        ((JINJA, LEGACY), JINJA, JINJA, JINJA, JINJA),
    ],
)
def test_what_a_tokenizer_reads(
    files: tuple[str, ...],
    four: str | None,
    five: str | None,
    engines: str | None,
    converter: str | None,
) -> None:
    """As transformers 4.52.4 and 5.23 do, and gguf 0.17 when it converts."""
    agree(side(*files), four, five, engines, converter)


@pytest.mark.parametrize(
    ("files", "four", "five", "engines", "converter"),
    [
        ((CONFIG,), None, None, CONFIG, CONFIG),
        ((JINJA, CONFIG), JINJA, JINJA, JINJA, CONFIG),
        ((JINJA, LEGACY), LEGACY, LEGACY, LEGACY, JINJA),
        ((JINJA, LEGACY, OWN), LEGACY, OWN, OWN, JINJA),
        ((JINJA, OWN), JINJA, OWN, OWN, JINJA),
        ((OWN,), OWN, OWN, OWN, None),
    ],
)
def test_what_a_processor_reads(
    files: tuple[str, ...],
    four: str | None,
    five: str | None,
    engines: str | None,
    converter: str | None,
) -> None:
    """As transformers 4.52.4 and 5.23 do."""
    agree(side(*files, pictures=True), four, five, engines, converter)


def agree(found_in: Checkpoint, *expected: str | None) -> None:
    runtimes = (*GENERATE, ENGINES[0], Runtime.LLAMA_CPP)
    found = tuple(chat_template(found_in, runtime) for runtime in runtimes)
    assert found == tuple(f and ChatTemplate(f, f) for f in expected)
    assert chat_template(found_in, ENGINES[1]) == found[2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        ("", ""),
        ({"default": "x", "rag": "y"}, "x"),
        ([{"name": "rag", "template": "y"}, {"name": "default", "template": "x"}], "x"),
        ([{"name": "default", "template": "x"}, {"name": "default", "template": "z"}], "x"),
        ([{"name": "rag", "template": "y"}, 5], "y"),
        ([], None),
        (5, None),
        (None, None),
        ({"default": 5}, None),
    ],
)
def test_the_template_that_nobody_has_to_name(value: Any, expected: str | None) -> None:
    assert default_template(value) == expected


def test_comments_and_spaces_are_no_difference() -> None:
    assert essence("{# a\nb #}{{ x }}\n") == essence("{{x}}")
    assert essence("{{ x }}") != essence("{{ y }}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("preprocessor_config_json", True),
        ("processor_config_json", True),
        ("video_preprocessor_config_json", True),
        ("adapter_config_json", False),
    ],
)
def test_pictures_go_through_a_processor(name: str, expected: bool) -> None:
    assert has_processor(talking({}, **{name: {}})) is expected


def test_special_tokens_by_role() -> None:
    assert special_tokens(talking({}, tokens={"bos_token": "<s>", "pad_token": None})) == {
        "bos_token": "<s>",
        "eos_token": "<|im_end|>",
    }


def test_a_template_of_tokenizer_config_is_none_of_the_jinja_file(tmp_path: Path) -> None:
    found = read_checkpoint(checkpoint(tmp_path))
    assert found.tokenizer.chat_template is not None
    assert [file for file, _ in chat_templates(found)] == [CONFIG]


def test_a_bare_forward_loop_renders_nothing() -> None:
    assert set(EVERY) - set(CHATTING) == {Runtime.FORWARD}
