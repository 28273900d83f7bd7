"""Small questions to the parts of the worker."""

from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from slowlens.errors import WorkerError  # noqa: E402
from slowlens.measure.worker.failure import (  # noqa: E402
    OutOfMemoryError,
    during,
    is_out_of_memory,
)
from slowlens.measure.worker.oneline import one_line  # noqa: E402
from slowlens.measure.worker.profiling import covered  # noqa: E402
from slowlens.measure.worker.prompt import _thinks  # noqa: E402
from slowlens.measure.worker.sharding import check_plan  # noqa: E402

MICRO = 1e-6


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(5, 9)], 4),
        ([(0, 4), (6, 9)], 7),
        ([(0, 4), (2, 9)], 9),
        ([(0, 9), (2, 4), (5, 6)], 9),
        ([(6, 9), (0, 4)], 7),
        ([(0, 4), (4, 9)], 9),
        ([(2, 4), (2, 9), (2, 3)], 7),
        ([(3, 3)], 0),
    ],
)
def test_time_that_is_covered_counts_once(
    spans: list[tuple[float, float]], expected: float
) -> None:
    assert covered(spans) == pytest.approx(expected * MICRO)
    assert covered(iter(spans)) == pytest.approx(expected * MICRO)


span = st.tuples(st.integers(0, 60), st.integers(0, 9)).map(lambda s: (s[0], s[0] + s[1]))


@given(st.lists(span))
def test_covered_is_what_counting_gives(spans: list[tuple[int, int]]) -> None:
    counted = {moment for start, end in spans for moment in range(start, end)}
    assert covered(spans) == pytest.approx(len(counted) * MICRO)


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        ("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total", int(2.5 * 2**30)),
        ("HIP out of memory. Tried to allocate 512.00 MiB (GPU 0; 2.00 GiB", 512 * 2**20),
        ("CUDA out of memory. Tried to allocate 2.00 KiB.", 2048),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1024 bytes.", 1024),
        ("MPS backend out of memory. Tried to allocate 1.00 TiB", 2**40),
        ("CUDA out of memory.", None),
        ("", None),
    ],
)
def test_what_torch_says_it_needed(message: str, needed: int | None) -> None:
    with pytest.raises(OutOfMemoryError) as caught, during("it", torch.device("cpu"), ""):
        raise torch.OutOfMemoryError(message)
    assert caught.value.needed == needed


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("x"), True),
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_is_out_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_out_of_memory_keeps_its_figures() -> None:
    with (
        pytest.raises(OutOfMemoryError, match=r"while loading merged: 2.68 GB more") as caught,
        during("loading merged", torch.device("cpu"), ""),
    ):
        raise torch.OutOfMemoryError("Tried to allocate 2.50 GiB")
    assert caught.value.needed == int(2.5 * 2**30)
    assert caught.value.free


def test_what_was_free_then_is_told_and_not_what_is_free_since() -> None:
    with (
        pytest.raises(
            OutOfMemoryError, match=r"2.68 GB more were needed and 0.126 GB were free on"
        ),
        during("generating", torch.device("cpu"), ""),
    ):
        raise torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 79.19 "
            "GiB of which 120.00 MiB is free. Process 7 has 74.1 GiB memory in use."
        )


def test_an_error_that_nobody_knows_has_the_hint_of_what_was_done() -> None:
    with (
        pytest.raises(WorkerError, match=r"^a walk failed: KeyError: 'x'$") as caught,
        during("a walk", torch.device("cpu"), "Stay at home."),
    ):
        raise KeyError("x")
    assert caught.value.hint == "Stay at home."


def test_a_long_error_is_cut_between_words_and_its_end_still_tells_the_hint() -> None:
    with (
        pytest.raises(WorkerError) as caught,
        during("a walk", torch.device("cpu"), "Stay at home."),
    ):
        raise ImportError("walking\n" * 90 + "FlashAttention2 has been toggled on")
    message = str(caught.value)
    assert message.startswith("a walk failed: ImportError: walking walking ")
    assert message.endswith("walking …")
    assert len(message) < 420
    assert "--attn-implementation sdpa" in caught.value.hint


def test_an_error_of_several_lines_is_told_beyond_the_first() -> None:
    error = ValueError("from one of: \n(1) a file\n(2) another")
    assert one_line(error, 100) == "ValueError: from one of: (1) a file (2) another"
    assert one_line(error, 30) == "ValueError: from one of: (1) …"
    assert one_line(ValueError(), 100) == "ValueError"
    assert one_line(ValueError("x" * 50), 40) == "ValueError: " + "x" * 26 + " …"


def test_a_single_head_is_not_divided() -> None:
    def config(heads: int) -> Any:
        text = SimpleNamespace(base_model_tp_plan={"a": "b"}, num_key_value_heads=heads)
        return SimpleNamespace(get_text_config=lambda: text)

    with pytest.raises(WorkerError, match="its single key-value head cannot") as caught:
        check_plan(config(1), 2)
    assert caught.value.hint.startswith("Leave --tensor-parallel out")
    with pytest.raises(WorkerError, match="its 3 key-value heads cannot") as caught:
        check_plan(config(3), 2)
    assert "divides 3" in caught.value.hint


def test_a_parent_that_left_is_no_failure() -> None:
    with pytest.raises(BrokenPipeError), during("a walk", torch.device("cpu"), ""):
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("end", "thinks"),
    [
        ("<|im_start|>assistant\n", False),
        ("<|im_start|>assistant\n<think>\n", True),
        ("<think>\n\n</think>\n\n", False),
        ("</think>\n<|im_start|>assistant\n<think>\n", True),
        ("", False),
    ],
)
def test_who_begins_with_thoughts(end: str, thinks: bool) -> None:
    assert _thinks(end) is thinks
