import io

import pytest

from slowlens.cli.scanbar import ScanBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "70")
    ticks = iter([0.0, 0.01, 1.0, 2.0])
    bar = ScanBar("runs/merged", stream, lambda: next(ticks))
    for done in (10, 500_000_000, 2_000_000_000):
        bar(done, 2_000_000_000)
    return stream.getvalue()


def test_a_log_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), monkeypatch) == (
        "runs/merged: read 2 GB of weights in 2.0 s (1 GB/s)\n"
    )


def test_a_terminal_gets_a_bar_that_leaves_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = shown(Terminal(), monkeypatch).split("\r\x1b[K")
    assert first == ""
    assert second == f"runs/merged {'█' * 6}{'░' * 18} 25 % of 2 GB, about 5 s left"
    assert third.endswith("(1 GB/s)\n")


def test_an_empty_checkpoint_is_read_at_once() -> None:
    stream = io.StringIO()
    ScanBar("m", stream)(0, 0)
    assert stream.getvalue().startswith("m: read 0 B of weights")
