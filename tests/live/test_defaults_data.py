"""The committed defaults are those of the transformers that they name."""

import contextlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pairs import made
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.checkpoints import diff
from slowlens.facts.difference import Effect
from slowlens.gather.defaults import read_defaults

ROOT = Path(__file__).parents[2]
DATA = ROOT / "core" / "slowlens" / "data"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few config classes ask a hub, which must not decide what is compared."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


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


BY_HAND = {"mistral3", "neomme", "voxtral", "voxtral_realtime", "jukebox"}
"""Types whose defaults are made in ways that no table of keys can say."""
MISNAMED = {"evolla", "lfm2_vl", "mlcd", "vit_hybrid"}
"""Types of transformers 4 whose classes write another name than they are known by."""


@pytest.mark.live
def test_a_config_with_nothing_but_defaults_is_like_one_with_nothing() -> None:
    """What the library writes for every model type, against the bare model type."""
    transformers = pytest.importorskip("transformers")
    defaults = read_defaults(int(transformers.__version__.partition(".")[0]))
    if defaults.version != transformers.__version__:
        pytest.skip(f"made from {defaults.version}, {transformers.__version__} is installed")
    differing = {
        model_type
        for model_type, values in written(transformers)
        if set(values) > {"model_type"} and _differs(values, defaults)
    }
    assert differing <= BY_HAND | MISNAMED


def written(transformers: ModuleType) -> Iterator[tuple[str, dict[str, object]]]:
    for model_type in transformers.CONFIG_MAPPING.keys():  # noqa: SIM118, it is no dict
        with contextlib.suppress(Exception):  # a class may need what is not installed
            text = transformers.CONFIG_MAPPING[model_type]().to_json_string()
            yield model_type, json.loads(text)


def _differs(values: dict[str, object], defaults: ClassDefaults) -> bool:
    bare = {"model_type": values["model_type"]}
    source, merged = made(values, generation={}), made(bare, generation={})
    found = diff(source, merged, None, defaults).differences
    return any(difference.effect is not Effect.COSMETIC for difference in found)
