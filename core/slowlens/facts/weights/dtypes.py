"""Effective load dtype, of a load without arguments.

What the library does, seen by running it: transformers 5 and, with ``dtype="auto"``, transformers
4 from 4.56 on read ``dtype`` and then ``torch_dtype`` of config.json's top level; 4.51 to 4.55
know ``torch_dtype`` alone. Where no key says anything, the floating type of the first tensor
decides: of the first file, and of its names in alphabetical order, not in the header's. A key that
names no floating type of torch makes the load fail.
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting
from slowlens.jsonvalue import ABSENT, Json

FLOATING = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""The types of safetensors that a model can compute in, as torch names them."""
WIDTHS = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of one number."""
SIXTEEN_BIT = ("bfloat16", "float16")
KEYS = ("dtype", "torch_dtype")
"""The keys of config.json, in the order in which those who know both read them."""
OLD_KEYS = ("torch_dtype",)
"""What transformers knew before 4.56."""

_SPELLINGS = {"half": "float16", "float": "float32", "double": "float64"}
_NOT_FLOATING = ("int", "uint", "bool", "float8_", "complex")
_NO_DTYPE = "no floating type that torch knows: loading fails"


def dtype_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the dtype that the weights are loaded in."""
    automatic = automatic_dtype(checkpoint)
    vllm = automatic
    if automatic.value == "float32":
        vllm = Setting("bfloat16", DEFAULT, "dtype=auto turns float32 into a 16-bit type")
    return {
        Runtime.TRANSFORMERS_4: _transformers_4(checkpoint, automatic),
        Runtime.TRANSFORMERS_5: automatic,
        Runtime.VLLM: vllm,
    }


def automatic_dtype(checkpoint: Checkpoint, keys: tuple[str, ...] = KEYS) -> Setting:
    """Resolve ``dtype="auto"`` for a version that knows ``keys``."""
    written = (checkpoint.get(CONFIG, key) for key in keys)
    stated = next((value for value in written if value is not ABSENT and value is not None), None)
    if stated is None:
        return _of_first_tensor(checkpoint)
    name = dtype_name(stated)
    if name not in WIDTHS:
        return Setting(stated, CONFIG, _NO_DTYPE, fails=True)
    return Setting(name, CONFIG)


def dtype_name(value: object) -> str:
    """Return what torch calls the dtype of a key, or an empty string.

    An object gives a type to each part of a model; the whole model's is the part without a name.
    """
    if isinstance(value, Mapping):
        value = value.get("", "float32")
    return _SPELLINGS.get(value, value) if isinstance(value, str) else ""


def dtype_sizes(checkpoint: Checkpoint) -> dict[str, int]:
    """Return the bytes of each floating type of the weights, by torch's names."""
    sizes = checkpoint.weights.dtype_sizes
    return {FLOATING[dtype]: size for dtype, size in sizes.items() if dtype in FLOATING}


def main_dtype(checkpoint: Checkpoint) -> str:
    """Return the floating type that more than half of the bytes of the weights have, or nothing.

    Norms, routers and the decay rates of state-space models are often float32 on purpose.
    """
    total = checkpoint.weights.size
    return next((d for d, size in dtype_sizes(checkpoint).items() if 2 * size > total), "")


def is_quantized(checkpoint: Checkpoint) -> bool:
    """Whether config.json says that the weights are packed: few floating tensors are left then."""
    return isinstance(checkpoint.get(CONFIG, "quantization_config"), Mapping)


def stated_dtypes(values: Mapping[str, Json]) -> dict[str, str]:
    """Return the dtype that each key of one object of config.json names."""
    found = {key: dtype_name(values.get(key)) for key in KEYS}
    return {key: name for key, name in found.items() if name in WIDTHS}


def _transformers_4(checkpoint: Checkpoint, automatic: Setting) -> Setting:
    """Float32 whatever the files say, unless ``torch_dtype`` is a word that torch does not know."""
    old = automatic_dtype(checkpoint, OLD_KEYS)
    if old.fails and isinstance(old.value, str) and not old.value.startswith(_NOT_FLOATING):
        return old
    since = "" if old.value == automatic.value else f", and {old.value} before 4.56"
    return Setting("float32", DEFAULT, f"dtype='auto' would give {automatic.value}{since}")


def _of_first_tensor(checkpoint: Checkpoint) -> Setting:
    for tensor in sorted(_of_first_file(checkpoint), key=lambda tensor: tensor.name):
        if tensor.dtype in FLOATING:
            return Setting(FLOATING[tensor.dtype], tensor.file, "the first tensor decides")
    return Setting("float32", DEFAULT)


def _of_first_file(checkpoint: Checkpoint) -> Iterator[Tensor]:
    first = min(checkpoint.weights.files, default=None)
    return (t for t in checkpoint.weights.tensors if first in {None, t.file})
