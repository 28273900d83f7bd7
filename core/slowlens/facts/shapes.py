"""The shape of a model: all of it but the weights."""

from collections.abc import Mapping
from typing import Any

from slowlens.frozen import dataclass

DEPTHS = ("num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers")
"""Keys that hold how many layers of the text model there are, by family."""
_PER_LAYER = "layer_types"
_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")


@dataclass(frozen=True, slots=True)
class Shape:
    """A public model's config.json, where it is published, and how many parameters it makes."""

    name: str
    url: str
    parameters: int
    config: Mapping[str, Any]

    @property
    def layers(self) -> int:
        """How many layers its text model has."""
        text = text_part(self.config)
        return next(int(text[key]) for key in DEPTHS if key in text)


def shortened(config: Mapping[str, Any], layers: int) -> dict[str, Any]:
    """Return ``config`` with the first ``layers`` layers of the text model; 0 keeps them all.

    What looks at pictures keeps its depth: its work does not grow with the answer.
    """
    if not layers:
        return dict(config)
    if "text_config" in config:
        return {**config, "text_config": shortened(config["text_config"], layers)}
    cut: dict[str, Any] = {key: layers for key in DEPTHS if key in config}
    if isinstance(kinds := config.get(_PER_LAYER), list):
        cut[_PER_LAYER] = kinds[:layers]
    return {**config, **cut}


def generation_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a generation_config.json that decides nothing beyond the special tokens."""
    text = text_part(config)
    settings = {key: text[key] for key in _TOKENS if text.get(key) is not None}
    if "pad_token_id" not in settings and (ends := settings.get("eos_token_id")) is not None:
        settings["pad_token_id"] = ends[0] if isinstance(ends, list) else ends
    return settings


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of the model that writes the text."""
    part: Mapping[str, Any] = config.get("text_config", config)
    return part
