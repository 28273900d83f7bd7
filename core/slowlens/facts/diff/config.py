"""config.json in one spelling, with the defaults of its class filled in."""

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.defaults import ClassDefaults, TypeDefaults
from slowlens.facts.diff.inert import INERT
from slowlens.facts.diff.leaves import Leaves, flatten
from slowlens.facts.diff.parts import Part, parts
from slowlens.facts.diff.rope import FLAT_KEYS, ROPE_KEYS, rope_defaults, unify_rope
from slowlens.facts.diff.shape import derive
from slowlens.jsonvalue import Json, same

TOKEN_IDS = ("eos_token_id", "bos_token_id", "pad_token_id")
_EVERYWHERE = frozenset({"use_cache", *TOKEN_IDS})
"""Text keys that the top level may contradict, because other code reads them there."""
_OWN = frozenset({"dtype", "torch_dtype", "model_type", "architectures", "tie_word_embeddings"})
_TEXT = "transformers 5 keeps the keys of the text part under its own config"
_TWICE = "the text part's own config says it too"
_DTYPE = "torch_dtype is called dtype since transformers 4.56"
_PARTS = "the parts have the same type as the whole"
_IDS = "one token id is the same as a list of one"
_NAMED = "the whole model's type says it"
_ALIAS = "another name of the same key"
_DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16", "F64": "float64"}


def config_leaves(checkpoint: Checkpoint, defaults: ClassDefaults) -> Leaves:
    """Return what config.json says and leaves out, in the spelling of transformers 5."""
    values = checkpoint.values(CONFIG) or {}
    leaves = Leaves(values)
    top = defaults.of(checkpoint.model_type)
    if top and top.flat:
        unflatten(leaves, top, defaults)
    for part in parts(leaves, defaults):
        _drop_inert(part)
        _name_dtype(part, checkpoint)
        _name_ids(part)
        _complete(part)
        derive(leaves, part.at, part.row)
    if top:
        _imply_cache(leaves)
    return leaves


def _imply_cache(leaves: Leaves) -> None:
    """Where the top level says nothing, its text part decides; where nobody does, it is on."""
    said = (leaves.value((part, "use_cache")) for part in TEXT_CONFIG_KEYS)
    leaves.fill(("use_cache",), next((value for value in said if isinstance(value, bool)), True))


def unflatten(leaves: Leaves, top: TypeDefaults, defaults: ClassDefaults) -> None:
    """Move text keys from the top level to the text part, where transformers 5 writes them."""
    text = defaults.of(top.parts.get(top.flat, ""))
    movable = ((set(text.values) if text else set()) | FLAT_KEYS | _EVERYWHERE) - set(top.values)
    for key in sorted(leaves.keys() & (movable - _OWN)):
        here, there = (key,), (top.flat, key)
        if not leaves.under(there):
            leaves.move(here, there, _TEXT)
        elif key not in _EVERYWHERE or same(leaves.value(here), leaves.value(there)):
            leaves.drop(here, _TWICE)
    tie = "tie_word_embeddings"
    if leaves.leaf((tie,)) is None or same(leaves.value((tie,)), leaves.value((top.flat, tie))):
        leaves.move((top.flat, tie), (tie,), _TWICE)


def _drop_inert(part: Part) -> None:
    for key in INERT.keys() & part.leaves.keys(part.at):
        part.leaves.drop((*part.at, key), INERT[key])
    if part.at:
        part.leaves.drop((*part.at, "architectures"), "only the whole model's counts")
        if part.model_type:
            part.leaves.replace((*part.at, "model_type"), part.model_type, _NAMED)
    for alias, key in part.row.aliases.items() if part.row else ():
        if part.row and alias not in part.row.values:
            part.leaves.move((*part.at, alias), (*part.at, key), _ALIAS)


def _name_dtype(part: Part, checkpoint: Checkpoint) -> None:
    old, new = (*part.at, "torch_dtype"), (*part.at, "dtype")
    leaves = part.leaves
    for pointer in (old, new):
        leaves.rewrite(pointer, _bare, _ALIAS)
    if leaves.leaf(new) is None or same(leaves.value(old), leaves.value(new)):
        leaves.move(old, new, _DTYPE)
    if part.at:
        if same(leaves.value(new), leaves.value(("dtype",))) or leaves.value(new) is None:
            leaves.drop(new, _PARTS)
    elif leaves.value(new) in (None, leaves.value(())):
        common = next(iter(checkpoint.weights.dtype_sizes), "")
        if common in _DTYPES:
            leaves.replace(new, _DTYPES[common], "the type that the weights have")


def _name_ids(part: Part) -> None:
    for key in TOKEN_IDS:
        part.leaves.rewrite((*part.at, key), token_ids, _IDS)


def token_ids(value: Json) -> Json:
    """Return ids in one spelling: a sorted list, or the id when it is the only one."""
    if not isinstance(value, list):
        return value
    ids = sorted({one for one in value if isinstance(one, int)})
    return ids[0] if len(ids) == 1 else ids


def _complete(part: Part) -> None:
    """Fill in the defaults; what the class does not know keeps what the file says."""
    row, leaves = part.row, part.leaves
    unify_rope(leaves, part.at, rope_defaults(row) if row else None)
    if row is None:
        return
    written = leaves.keys(part.at)
    for pointer, value in flatten({**part.shared, **row.values}):
        if pointer[0] not in written and pointer[0] not in _NEVER_FILLED:
            leaves.fill((*part.at, *pointer), value)


_NEVER_FILLED = frozenset({*ROPE_KEYS, "dtype", *INERT})


def _bare(value: Json) -> Json:
    return value.removeprefix("torch.") if isinstance(value, str) else value
