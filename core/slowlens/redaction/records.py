"""Records without what is to go: fields that are of a kind as a whole, and all other texts."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from slowlens.facts.difference import Difference
from slowlens.facts.environment import Device
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Failure, LoadedModel, Measurement
from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.provenance import Trace
from slowlens.findings import Edit, ValueEvidence
from slowlens.frozen import replace
from slowlens.redaction.kinds import Kind
from slowlens.redaction.patterns import SECRET_KEY
from slowlens.redaction.strings import Strings
from slowlens.redaction.walking import mapped
from slowlens.run import CheckpointSummary

PATHS = {
    CheckpointSummary: ("path",),
    LoadedModel: ("path",),
    Overlay: ("path",),
    Plan: ("merged", "source", "image"),
}
"""Fields that are paths."""
TEXTS = {Plan: "prompt", Generation: "text"}
OTHERS = {LoadedModel: "notes", Failure: "message", Measurement: "error"}
"""Fields that say what a library or a chat template said."""
VALUES: Mapping[type, tuple[str, ...]] = {
    ValueEvidence: ("found",),
    Edit: ("before", "after"),
    Difference: ("source", "merged"),
    Trace: ("found",),
}
"""Fields that hold the value of the key that the record names."""
UNTOLD = -1
"""Id of a token that is not told."""


class Records:
    """Goes through a run."""

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self._gpus: dict[str, str] = {}

    def without(self, value: Any) -> Any:  # noqa: ANN401 - any part of a run
        """Return a part of a run without what is to go."""
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self._strings.text(value)
        if isinstance(value, Mapping):
            value = {key: self._told(str(key), item) for key, item in value.items()}
            return mapped(value, self.without)
        return mapped(self._own(value), self.without)

    def _own(self, value: Any) -> Any:  # noqa: ANN401
        """Change the fields of a record that are more than texts."""
        kind = type(value)
        changes: dict[str, object] = {}
        for name in PATHS.get(kind, ()):
            changes[name] = _or_none(getattr(value, name), self._strings.path)
        if kind in TEXTS:
            changes[TEXTS[kind]] = self._strings.whole(Kind.PROMPT, getattr(value, TEXTS[kind]))
        if kind in OTHERS:
            changes[OTHERS[kind]] = self._of_others(getattr(value, OTHERS[kind]))
        if kind is Generation:
            changes["steps"] = self._steps(value.steps)
        if kind in VALUES and SECRET_KEY.search(_key(value)):
            changes |= {name: self._secret(getattr(value, name)) for name in VALUES[kind]}
        if self._strings.hides(Kind.HOSTS):
            changes |= self._gpu(value)
        return replace(value, **changes) if changes else value

    def _of_others(self, value: Any) -> Any:  # noqa: ANN401 - a text, or several
        if isinstance(value, str):
            return self._strings.of_others(value)
        return mapped(value, self._of_others)

    def _told(self, key: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        return self._secret(value) if SECRET_KEY.search(key) else value

    def _secret(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Hide each text in the value of a key that is called a secret."""
        if isinstance(value, str):
            return self._strings.whole(Kind.SECRETS, value)
        return value if isinstance(value, Enum) else mapped(value, self._secret)

    def _steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return steps without the ids of tokens: whoever has the tokenizer could read them."""
        if not self._strings.hides(Kind.PROMPT):
            return steps
        return tuple(replace(step, token=UNTOLD) for step in steps)

    def _gpu(self, value: Any) -> dict[str, object]:  # noqa: ANN401
        """Return numbers for the ids of GPUs, which no other one in the world has."""
        match value:
            case Device(uuid=id_) if id_:
                return {"uuid": self._numbered(id_)}
            case DeviceSample(device=id_) if id_:
                return {"device": self._numbered(id_)}
            case LoadedModel(gpus=ids) if ids:
                return {"gpus": tuple(map(self._numbered, ids))}
            case _:
                return {}

    def _numbered(self, id_: str) -> str:
        if id_.startswith("gpu-") and id_[4:].isdecimal():
            return id_
        self._strings.saw(Kind.HOSTS, id_)
        return self._gpus.setdefault(id_, f"gpu-{len(self._gpus)}")


def _key(value: Any) -> str:  # noqa: ANN401 - one of VALUES
    pointer = getattr(value, "pointer", None)
    return ".".join(pointer) if pointer is not None else value.key


def _or_none(value: str | None, change: Any) -> str | None:  # noqa: ANN401
    return None if value is None else change(value)
