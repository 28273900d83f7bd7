"""Runs to text. To add a format: add its module, then add it to ``FORMATS``."""

from collections.abc import Callable

from slowlens.reports import json, text
from slowlens.run import Run

FORMATS: dict[str, Callable[[Run], str]] = {
    "text": text.render,
    "json": json.render,
}
