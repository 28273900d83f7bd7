"""The committed defaults are those of the transformers that they name."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "core" / "slowlens" / "data"


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_defaults", ROOT / "tools/make_defaults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.live
def test_the_committed_defaults_are_up_to_date() -> None:
    transformers = pytest.importorskip("transformers")
    committed = (DATA / f"defaults-{transformers.__version__.partition('.')[0]}.json").read_text()
    made_from = committed.splitlines()[1]
    if f'"{transformers.__version__}"' not in made_from:
        pytest.skip(f"made from {made_from.strip(' ,')}, {transformers.__version__} is installed")
    version, text = tool().render()
    assert version == transformers.__version__
    assert text == committed, "run `make defaults` and look at what changed"
