"""generation_config.json in one spelling; where there is none, what config.json says instead."""

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TEXT_CONFIG_KEYS, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.config import TOKEN_IDS, token_ids
from slowlens.facts.diff.inert import INERT
from slowlens.facts.diff.leaves import Leaves
from slowlens.jsonvalue import ABSENT, Absent, Json, lookup

_IDS = "one token id is the same as a list of one"
_GREEDY = "only read when do_sample is true"
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")


def generation_leaves(checkpoint: Checkpoint, defaults: ClassDefaults) -> Leaves:
    """Return the generation settings of a file, completed by the library's own."""
    values = checkpoint.values(GENERATION_CONFIG)
    leaves = Leaves(values or {})
    for key in INERT.keys() & leaves.keys():
        leaves.drop((key,), INERT[key])
    for key in TOKEN_IDS:
        leaves.rewrite((key,), token_ids, _IDS)
    if values is None:
        _from_config(leaves, checkpoint, defaults)
    for key, value in defaults.generation.items():
        if value is None and leaves.value((key,)) is False:
            leaves.drop((key,), "false is what a missing key means")
        leaves.fill((key,), value)
    return leaves


def forget_sampling(left: Leaves, right: Leaves) -> None:
    """Drop the sampling keys of a pair that never samples."""
    if all(side.value(("do_sample",)) is False for side in (left, right)):
        for side in (left, right):
            for key in _SAMPLING:
                side.drop((key,), _GREEDY)


def _from_config(leaves: Leaves, checkpoint: Checkpoint, defaults: ClassDefaults) -> None:
    config = checkpoint.values(CONFIG) or {}
    parts = [()] + [(part,) for part in TEXT_CONFIG_KEYS if part in config]
    for key in (*TOKEN_IDS, *defaults.generation):
        written = [lookup(config, (*at, key)) for at in parts]
        implied = [defaults.value_at(config, (*at, key)) for at in parts]
        for value, said_by in ((_first(written), CONFIG), (_first(implied), "")):
            if value is not None:
                leaves.fill((key,), token_ids(value) if key in TOKEN_IDS else value, said_by)


def _first(values: list[Json | Absent]) -> Json:
    """Return the first value that says something: the whole's before its text part's."""
    return next((value for value in values if value is not ABSENT and value is not None), None)
