"""Words that options take: each function reads one, and argparse tells what is wrong with it."""

import argparse

DTYPES = ("bfloat16", "float16", "float32")


def dtype(text: str) -> str:
    """Return the name that torch has for a dtype."""
    name = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}.get(text, text)
    if name not in DTYPES:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(DTYPES)}")
    return name


def not_empty(text: str) -> str:
    """Return a prompt that says something."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the prompt is empty: leave it out for the default one")
    return text
