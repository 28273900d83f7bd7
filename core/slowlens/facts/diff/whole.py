"""A file that only one of two checkpoints has, or that cannot be read."""

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.diff.effects import Table
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.frozen import replace
from slowlens.jsonvalue import ABSENT, Absent, Json, same

ADAPTER_CONFIG = "adapter_config.json"
PROCESSOR_CONFIG = "processor_config.json"
_PACKED = "says how the weights are packed"
_LISTED = "tokenizer.json and tokenizer_config.json say the same"

WHOLE: Table = {
    CONFIG: (Effect.OUTPUT, "nothing says what model the weights are"),
    GENERATION_CONFIG: (Effect.LENGTH, "without it, generate() goes by config.json"),
    TOKENIZER_CONFIG: (Effect.OUTPUT, "without it, the tokenizer falls back to defaults"),
    "preprocessor_config.json": (Effect.OUTPUT, "how pictures are prepared"),
    "video_preprocessor_config.json": (
        Effect.COSMETIC,
        "without it, videos are prepared by preprocessor_config.json or by default",
    ),
    "audio_preprocessor_config.json": (Effect.OUTPUT, "how sound is prepared"),
    PROCESSOR_CONFIG: (Effect.COSMETIC, "how text and pictures are put together"),
    ADAPTER_CONFIG: (Effect.SPEED, "the adapter is loaded with the weights, or instead of them"),
    "quantize_config.json": (Effect.SPEED, _PACKED),
    "quant_config.json": (Effect.SPEED, _PACKED),
    "hf_quant_config.json": (Effect.SPEED, _PACKED),
}
SIDE_FILES = {
    "special_tokens_map.json": _LISTED,
    "added_tokens.json": _LISTED,
    "chat_template.json": "compared as the chat template",
}
"""Files that repeat what others say, each with the reason why it is not compared."""
PRESENT, UNREADABLE = "(present)", "(unreadable)"


def whole_diff(file: str, source: Checkpoint, merged: Checkpoint) -> Diff:
    """Tell a file that is missing or unreadable on one side."""
    return one_sided(file, _state(source, file), _state(merged, file))


def one_sided(file: str, left: Json | Absent, right: Json | Absent) -> Diff:
    """Tell a file by what there is of it on both sides."""
    if left == right:
        return Diff()
    effect, note = WHOLE[file]
    if file == ADAPTER_CONFIG and right is ABSENT:
        effect, note = Effect.COSMETIC, "the adapter was merged, or left behind"
    if UNREADABLE in (left, right):
        note += "; it cannot be read, so its keys are not compared"
    return Diff(differences=(Difference(file, "", left, right, effect, note),))


def side_diff(file: str, source: Checkpoint, merged: Checkpoint) -> Diff:
    """Tell a difference in a file that repeats what others say."""
    ours, theirs = source.values(file), merged.values(file)
    if same(ours, theirs):
        return Diff()
    left, right = _state(source, file), _state(merged, file)
    found = Difference(file, "", left, right, Effect.COSMETIC, SIDE_FILES[file])
    return Diff(unchanged=(found,))


def folded(found: Diff, note: str) -> Diff:
    """Return the same differences as what changes nothing."""
    quiet = tuple(replace(d, effect=Effect.COSMETIC, note=note) for d in found.differences)
    return Diff(unchanged=(*quiet, *found.unchanged))


def _state(checkpoint: Checkpoint, file: str) -> Json | Absent:
    if file in checkpoint.configs:
        return PRESENT
    return UNREADABLE if file in checkpoint.files else ABSENT
