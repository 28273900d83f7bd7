from pathlib import Path

import pytest

from slowlens.errors import UsageError
from slowlens.silencefile import find_silences, read_silences

ONE = '[[silence]]\nrule = "gen-use-cache-false"\nreason = "  we time it so  "\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "slowlens.toml"
    path.write_text(text)
    return path


def test_it_is_found_here_or_above(tmp_path: Path) -> None:
    write(tmp_path, ONE)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert (
        find_silences(below) == find_silences(tmp_path) == read_silences(tmp_path / "slowlens.toml")
    )
    (silence,) = find_silences(below).silences
    assert (silence.rule, silence.reason) == ("gen-use-cache-false", "we time it so")
    write(below, "")
    assert find_silences(below).silences == ()


def test_none_is_needed(tmp_path: Path) -> None:
    (tmp_path / "slowlens.toml").mkdir()
    found = find_silences(tmp_path)
    assert found.covering(str(tmp_path)) == found.expected(["x"]) == ()


def test_a_folder_above_that_may_not_be_entered_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, ONE)
    (tmp_path / "a" / "b").mkdir(parents=True)
    real = Path.is_file

    def is_file(path: Path) -> bool:
        if path.parent == tmp_path / "a":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    assert find_silences(tmp_path / "a" / "b").silences


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[[silence", "is not TOML", "toml.io"),
        ("x = " + "[" * 5000, "is not TOML", "toml.io"),
        ("\udcff", "is not TOML", "toml.io"),
        ("silences = 1", "silences is no key of it", "silence"),
        ("silence = 1", "silence is no list", "silence"),
        ("silence = [1]", "silence is no list", "silence"),
        (ONE + 'reasn = "x"', "silence 1: reasn is no key of it", "Did you mean reason?"),
        (ONE + "checkpoint = 1", "silence 1: checkpoint is no text", "quotes"),
        ('[[silence]]\nreason = "x"', "silence 1: no rule is named", "slowlens explain"),
        (
            ONE + '[[silence]]\nrule = "gen-use-cach-false"\nreason = "x"',
            "silence 2: there is no rule gen-use-cach-false",
            "Did you mean gen-use-cache-false",
        ),
        ('[[silence]]\nrule = "gen-use-cache-false"', "without a reason", "Say why"),
        ('[[silence]]\nrule = "gen-use-cache-false"\nreason = " "', "without a reason", "Say why"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = tmp_path / "slowlens.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=message) as caught:
        read_silences(path)
    assert str(path) in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        '"a\\n::error::\\u001b" = 1',
        '[[silence]]\n"a\\n::error::\\u001b" = "x"',
        '[[silence]]\nrule = "a\\n::error::\\u001b"',
    ],
)
def test_what_it_says_is_told_on_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"a\\n::error::\\x1b") as caught:
        read_silences(write(tmp_path, text))
    assert "\x1b" not in caught.value.hint


def test_a_reason_is_one_line(tmp_path: Path) -> None:
    text = ONE.replace('"  we time it so  "', '"""\n we time\n  it so"""')
    assert read_silences(write(tmp_path, text)).silences[0].reason == "we time it so"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_silences(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("glob", "checkpoint", "covers"),
    [
        ("runs/*/merged", "runs/a/merged", True),
        ("runs/*/merged/", "runs/a/merged", True),
        ("./runs/*/merged", "runs/a/merged", True),
        ("runs/*/merged", "runs/a/b/merged", False),
        ("runs/*", "runs/a/merged", False),
        ("runs/**", "runs/a/merged", True),
        ("runs/**/merged", "runs/merged", True),
        ("**/merged", "runs/a/b/merged", True),
        ("merged", "runs/a/merged", False),
        ("runs/[ab]/merged", "runs/a/merged", True),
        ("org/*", "org/name@main", True),
    ],
)
def test_a_glob_is_compared_name_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, glob: str, checkpoint: str, covers: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    file = read_silences(write(tmp_path, f'{ONE}checkpoint = "{glob}"'))
    assert bool(file.covering(checkpoint)) is covers
    assert bool(file.covering(str(tmp_path / checkpoint))) is covers


def test_whole_paths_and_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "7").mkdir(parents=True)
    (tmp_path / "latest").symlink_to("runs/7")
    monkeypatch.chdir(tmp_path)
    for glob in (f"{tmp_path}/runs/7", "runs/7", "latest"):
        assert read_silences(write(tmp_path, f'{ONE}checkpoint = "{glob}"')).covering("latest")
    assert not read_silences(write(tmp_path, f'{ONE}checkpoint = "latest"')).covering("runs/7")


def test_a_silence_for_what_is_not_asked_about_is_not_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    globs = ("asked", "there", f"{tmp_path}/the*", "gone", f"{tmp_path}/gone", "")
    blocks = (ONE + (f'checkpoint = "{glob}"\n' if glob else "") for glob in globs)
    file = read_silences(write(tmp_path, "".join(blocks)))
    expected = [silence.checkpoint for silence in file.expected(["asked"])]
    assert expected == ["asked", "gone", f"{tmp_path}/gone", ""]
