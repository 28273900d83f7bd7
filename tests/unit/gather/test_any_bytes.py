"""Whatever bytes are in the files: a run or one clear error, soon."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import CONFIG, TENSORS, TOKENIZER_CONFIG, header
from fuzzing import SECONDS, judged, known_keys, seeds
from slowlens.gather.checkpoint import CONFIG_FILES, read_checkpoint

FILES = (
    *CONFIG_FILES,
    "tokenizer.json",
    "vocab.json",
    "chat_template.jinja",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-00001-of-00002.safetensors",
    "adapter_model.safetensors",
    "pytorch_model.bin",
)
KEYS = sorted({*CONFIG, *TOKENIZER_CONFIG, "weight_map", "__metadata__", *known_keys()})
REAL = Path(
    os.environ.get("SLOWLENS_REAL_CONFIGS")
    or Path(__file__).parents[3].parent / "shared" / "data" / "real-configs"
)

texts = st.text(max_size=20) | st.sampled_from(["../x", "/etc/passwd", "config.json", *FILES[-3:]])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(KEYS) | texts, values, max_size=6)
documents = (objects | values).map(lambda value: json.dumps(value).encode())
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "BF16", "F4", "X"]) | values,
        "shape": st.lists(st.integers(-1, 5) | st.integers(), max_size=3) | values,
        "data_offsets": st.lists(st.integers(-1, 99) | st.integers(), max_size=3) | values,
    },
)
headers = st.dictionaries(texts, entries | values, max_size=4) | st.just(header(TENSORS))


@st.composite
def safetensors(draw: st.DrawFn) -> bytes:
    text = json.dumps(draw(headers)).encode()
    length = draw(st.just(len(text)) | st.integers(0, 2**64 - 1))
    return length.to_bytes(8, "little") + text + draw(st.binary(max_size=50))


contents = st.binary(max_size=200) | documents | safetensors()


folders = st.dictionaries(st.sampled_from(FILES), contents, max_size=6)


@given(folders, st.none() | folders)
@settings(
    max_examples=300 if SECONDS else 120,
    deadline=None,
    derandomize=not SECONDS,
    suppress_health_check=[HealthCheck.too_slow],
)
def any_bytes(files: dict[str, bytes], others: dict[str, bytes] | None) -> None:
    with TemporaryDirectory() as folder:
        merged = written(Path(folder) / "m", files)
        judged(merged, None if others is None else written(Path(folder) / "s", others))


def written(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_any_bytes() -> None:
    for _ in seeds(1, "rounds of any bytes"):
        any_bytes()


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no published configs at {REAL}")
def test_published_configs() -> None:
    folders = [folder for folder in sorted(REAL.iterdir()) if folder.is_dir()]
    found = [read_checkpoint(folder, configs_only=True) for folder in folders]
    assert found
    wrong = {problem.message for checkpoint in found for problem in checkpoint.problems}
    assert all("JSON" in message or "Git LFS" in message for message in wrong)
