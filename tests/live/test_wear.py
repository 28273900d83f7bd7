"""A process is worn in before a long run without the cache, and only then."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch.overrides import TorchFunctionMode  # noqa: E402

from live import tiny  # noqa: E402
from live.measuring import measured, plan  # noqa: E402
from slowlens.facts.live.trial import Cache  # noqa: E402
from slowlens.measure.worker import wear, work  # noqa: E402


@pytest.mark.parametrize(
    ("shipped", "settings", "tokens", "worn"),
    [
        ({"use_cache": False}, (Cache.AS_SHIPPED, Cache.ON), 128, 1),
        ({}, (Cache.ON, Cache.OFF), 128, 1),
        ({"use_cache": False}, (Cache.AS_SHIPPED, Cache.ON), 8, 0),
        ({}, (Cache.AS_SHIPPED, Cache.ON), 128, 0),
    ],
)
def test_what_recomputes_for_long(
    shipped: dict[str, bool],
    settings: tuple[Cache, ...],
    tokens: int,
    worn: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[torch.dtype]()
    monkeypatch.setattr(work, "wear_in", asked.append)
    merged = tiny.llama(tmp_path / "m", shipped)
    measured(plan(merged, new_tokens=tokens, answer_tokens=0, settings=settings))
    assert asked == [torch.bfloat16] * worn


@pytest.mark.parametrize(("dtype", "expected"), [("bfloat16", wear.PRODUCTS), ("float32", 0)])
def test_each_product_is_of_another_size(dtype: str, expected: int) -> None:
    sizes = list[int]()

    class Watching(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
            if func is torch.nn.functional.linear:
                sizes.append(args[0].shape[0])
            return func(*args, **(kwargs or {}))

    with Watching():
        wear.wear_in.__wrapped__(getattr(torch, dtype))
    assert len(set(sizes)) == len(sizes) == expected
