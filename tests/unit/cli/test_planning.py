"""A plan out of the options of a command."""

import argparse
from pathlib import Path

import pytest

from slowlens.cli.planning import DEFAULTS, add_plan, differing, planned
from slowlens.errors import UsageError
from slowlens.facts.live.plan import Plan


def asked(*words: str, shape: str | None = None, base: Plan = DEFAULTS) -> Plan:
    parser = argparse.ArgumentParser()
    add_plan(parser)
    arguments = parser.parse_args(words)
    return planned(
        argparse.Namespace(merged=Path("m"), source=None, shape=shape, **vars(arguments)), base
    )


def test_one_process_unless_more_are_asked_for() -> None:
    assert asked().tensor_parallel == 0
    assert asked("--tensor-parallel", "4").tensor_parallel == 4


@pytest.mark.parametrize(
    ("words", "shape", "message"),
    [
        (("--device-map", "auto"), None, "--tensor-parallel and --device-map exclude each other"),
        ((), "llama-3.2-1b", "--shape makes a model up in one process"),
    ],
)
def test_what_several_processes_cannot_share(
    words: tuple[str, ...], shape: str | None, message: str
) -> None:
    for alone in ("0", "1"):
        assert asked("--tensor-parallel", alone, *words, shape=shape)
    with pytest.raises(UsageError, match=message):
        asked("--tensor-parallel", "2", *words, shape=shape)


def test_what_a_baseline_waited_for_need_not_be_waited_for_again() -> None:
    waited = asked("--full")
    assert waited.full
    assert asked(base=waited).full
    assert not asked("--no-full", base=waited).full


def test_a_file_with_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("Grüß Gott", encoding="utf-8")
    assert asked("--prompt-file", str(tmp_path / "p.txt")).prompt == "Grüß Gott"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("gone.txt", "There is no file {}.", "Check the spelling."),
        ("folder", "{} cannot be read: Is a directory", "Name a text file that you may read."),
        ("latin.txt", "{} is not UTF-8 text.", "Save it as UTF-8."),
        ("empty.txt", "The prompt in {} is empty.", "Leave it out for the default one."),
        ("blank.txt", "The prompt in {} is empty.", "Leave it out for the default one."),
    ],
)
def test_a_prompt_that_cannot_be_read(tmp_path: Path, name: str, message: str, hint: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "blank.txt").write_text(" \n\t\n")
    with pytest.raises(UsageError) as caught:
        asked("--prompt-file", str(tmp_path / name))
    assert str(caught.value) == message.format(tmp_path / name)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--new-tokens", "16", "--dtype", "bf16"), ("--new-tokens", "--dtype")),
        (("--prompt", "Hi"), ("--prompt",)),
        (("--attn-implementation", "eager", "--threads", "0"), ("--attn-implementation",)),
        (("--rounds", "7", "--answer-tokens", "9", "--equality-tokens", "3"), ()),
    ],
)
def test_options_that_make_another_task_are_named(
    words: tuple[str, ...], named: tuple[str, ...], tmp_path: Path
) -> None:
    assert _differing(*words) == named
    (tmp_path / "p.txt").write_text("Hi")
    file = ("--prompt-file", str(tmp_path / "p.txt"))
    if "--prompt" not in words:
        assert set(_differing(*words, *file)) == {*named, "--prompt-file"}


def _differing(*words: str) -> tuple[str, ...]:
    parser = argparse.ArgumentParser()
    add_plan(parser)
    arguments = parser.parse_args(words)
    return differing(arguments, asked(*words), DEFAULTS)
