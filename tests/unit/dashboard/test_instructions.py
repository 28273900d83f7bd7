import pytest

from slowlens_dashboard.wording.instructions import Command, instructions


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("Merge it again.", ["Merge it again."]),
        ("cd /m && rm -- x.bin", [Command("cd /m && rm -- x.bin", "bash")]),
        ("Run: cp '/a, or b' /m/", ["Run:", Command("cp '/a, or b' /m/", "bash")]),
        (
            "If stale: cd /m && rm -- x.bin. If not: cd /m && rm -- y.bin",
            [
                "If stale:",
                Command("cd /m && rm -- x.bin", "bash"),
                "If not:",
                Command("cd /m && rm -- y.bin", "bash"),
            ],
        ),
        (
            "pip install 'transformers>=5', or apply what others offer.",
            [Command("pip install 'transformers>=5'", "bash"), "or apply what others offer."],
        ),
        (
            "In Python: from a import b as A; A.read('/m; n. O').save('out'); then copy the rest.",
            [
                "In Python:",
                Command("from a import b as A\nA.read('/m; n. O').save('out')", "python"),
                "then copy the rest.",
            ],
        ),
        (
            "Save again, or run python zero_to_fp32.py . OUT in the folder of the checkpoint.",
            [
                "Save again, or run",
                Command("python zero_to_fp32.py . OUT", "bash"),
                "in the folder of the checkpoint.",
            ],
        ),
        (
            "Merge: python -m verl.model_merger merge (verl), or python3 merger.py (EasyR1).",
            [
                "Merge:",
                Command("python -m verl.model_merger merge", "bash"),
                "(verl), or",
                Command("python3 merger.py", "bash"),
                "(EasyR1).",
            ],
        ),
        (
            "Write the class. Run slowlens check again with --source.",
            ["Write the class. Run slowlens check again with --source."],
        ),
    ],
)
def test_commands_stand_apart_from_what_is_said(reason: str, parts: list[str | Command]) -> None:
    assert [*instructions(reason)] == parts


def test_a_quote_that_never_ends_stays_text() -> None:
    assert [*instructions("Run: cp 'a b")] == ["Run: cp 'a b"]


def test_nothing_is_said_of_nothing() -> None:
    assert [*instructions("")] == []
