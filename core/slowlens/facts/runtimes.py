"""Who reads a checkpoint."""

from enum import StrEnum


class Runtime(StrEnum):
    """A reader of checkpoints; each resolves the same files in its own way."""

    TRANSFORMERS_4 = "transformers-4"
    """``model.generate()`` of transformers 4."""
    TRANSFORMERS_5 = "transformers-5"
    """``model.generate()`` of transformers 5."""
    FORWARD = "forward"
    """A loop of one's own around ``model(input_ids)``."""
    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_CPP = "llama.cpp"
    """llama.cpp, on a GGUF file that its converter makes from the checkpoint."""

    @property
    def label(self) -> str:
        """The name to show to a person."""
        return _LABELS[self]


_LABELS = {
    Runtime.TRANSFORMERS_4: "transformers 4 generate",
    Runtime.TRANSFORMERS_5: "transformers 5 generate",
    Runtime.FORWARD: "a bare forward loop",
    Runtime.VLLM: "vLLM",
    Runtime.SGLANG: "SGLang",
    Runtime.LLAMA_CPP: "llama.cpp",
}

GENERATE = (Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5)
"""The runtimes that decode with ``generate()``."""
TRANSFORMERS = (*GENERATE, Runtime.FORWARD)
"""Everything that loads a model with transformers."""
ENGINES = (Runtime.VLLM, Runtime.SGLANG)
"""Serving engines that read the checkpoint's folder itself."""
EVERY = tuple(Runtime)
"""All of them."""


def generate_of(transformers: str) -> Runtime:
    """Return ``generate()`` of this version of transformers; of 5 where it is not known."""
    return Runtime.TRANSFORMERS_4 if transformers.startswith("4.") else Runtime.TRANSFORMERS_5


def only(runtimes: tuple[Runtime, ...], every: tuple[Runtime, ...]) -> str:
    """Name ``runtimes`` in parentheses, unless they are all that it could be about."""
    if runtimes == every:
        return ""
    return f" ({', '.join(runtime.label for runtime in runtimes)})"
