import pytest

from slowlens.cli import main
from slowlens.rulepage import page, references
from slowlens.rules import RULES


def test_the_list_has_a_line_for_each_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for rule in RULES:
        assert [line for line in lines if line.split("  ")[0] == rule.id and rule.title in line]
    assert lines[-1].startswith(f"{len(RULES)} rules.")


@pytest.mark.parametrize(
    "name", ["gen-use-cache-false", "gen_use_cache_false", "GEN-use-cache-FALSE"]
)
def test_a_page_can_be_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "gen-use-cache-false: Generation without the key-value cache"
    assert "Why it is slow" in lines
    assert "  - https://huggingface.co/docs/transformers/kv_cache" in lines
    assert not [line for line in lines if line.startswith("##") or "``" in line or "\x1b" in line]


def test_headings_stand_out_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["explain", "gen-use-cache-false"]) == 0
    assert "\x1b[1mFix safety\x1b[0m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["explain", "gen-use-cache-false"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_slip_is_answered_with_near_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "eos-lost"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "there is no rule eos-lost" in shown.err
    assert "Did you mean eos-lost-or-wrong" in shown.err


def test_a_rule_without_a_name_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", ""]) == 3
    shown = capsys.readouterr().err
    assert shown == "slowlens: no rule is named\n  `slowlens explain` lists all rules.\n"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_page_gives_an_address_as_evidence(rule: object) -> None:
    urls = references(rule)
    assert urls
    assert all(url in page(rule) and url[-1] not in ".,;)" for url in urls)
