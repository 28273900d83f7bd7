"""Whatever is in the files: a Checkpoint or a CheckpointError, soon."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import CONFIG, TENSORS, TOKENIZER_CONFIG, header
from slowlens.errors import CheckpointError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.gather.checkpoint import CONFIG_FILES, read_checkpoint

FILES = (
    *CONFIG_FILES,
    "tokenizer.json",
    "vocab.json",
    "chat_template.jinja",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-00001-of-00002.safetensors",
    "pytorch_model.bin",
)
KEYS = sorted(
    {*CONFIG, *TOKENIZER_CONFIG, "weight_map", "added_tokens", "content", "id", "__metadata__"}
)
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


@given(st.dictionaries(st.sampled_from(FILES), contents, max_size=6))
@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        found = read(Path(folder))
    problems = found.problems if isinstance(found, Checkpoint) else ()
    assert isinstance(found, Checkpoint) or found.hint
    for problem in problems:
        assert problem.hint
        assert problem.message.isprintable()
        assert len(problem.message) < 400
        f"{problem.file} {problem.message}".encode()


def read(folder: Path) -> Checkpoint | CheckpointError:
    try:
        found = read_checkpoint(folder)
    except CheckpointError as error:
        return error
    assert found.weights.size >= 0
    assert found.weights.parameters >= 0
    return found


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no published configs at {REAL}")
def test_published_configs() -> None:
    folders = [folder for folder in sorted(REAL.iterdir()) if folder.is_dir()]
    found = [read_checkpoint(folder) for folder in folders]
    assert found
    wrong = {problem.message for checkpoint in found for problem in checkpoint.problems}
    assert all("JSON" in message or "Git LFS" in message for message in wrong)
