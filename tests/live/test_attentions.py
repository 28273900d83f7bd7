"""An attention that does not exist is told before anything is loaded."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.live

pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from slowlens.errors import WorkerError  # noqa: E402
from slowlens.facts.live.plan import Plan  # noqa: E402
from slowlens.measure.events import Event  # noqa: E402
from slowlens.measure.worker.attentions import require_attention  # noqa: E402
from slowlens.measure.worker.work import Work  # noqa: E402


@pytest.mark.parametrize("name", ["foo", "SDPA", "flash_attention"])
def test_what_transformers_does_not_know_is_told_before_a_load(name: str, tmp_path: Path) -> None:
    told: list[Event] = []
    with pytest.raises(WorkerError) as caught:
        Work(Plan(str(tmp_path), attention=name, device="cpu", threads=1), told.append)
    version = transformers.__version__
    assert str(caught.value) == f"transformers {version} knows no attention called {name}"
    assert caught.value.hint.startswith("It knows eager, sdpa, flash_attention_2, ")
    assert "paged" not in caught.value.hint
    assert told == []


@pytest.mark.parametrize(
    "name",
    ["", "eager", "sdpa", "flash_attention_2", "flex_attention", "kernels-community/flash-attn"],
)
def test_what_it_knows_and_kernels_of_the_hub_are_left_to_it(name: str) -> None:
    require_attention(Plan("m", attention=name))
