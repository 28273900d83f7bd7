"""Result files of other benchmarks, each read with its own definitions.

A format is a module with ``NAME``, ``recognises(rows)`` and ``read(rows)``, where ``rows`` are the
JSON objects of the file: the one that it holds, those of its list, its lines, or the lines of a
CSV below the first one.
"""

from pathlib import Path

from slowlens.errors import ResultFileError
from slowlens.facts.live.imported import Imported
from slowlens.gather.imports import (
    aiperf,
    aiperf_records,
    guidellm,
    llama_bench,
    optimum_benchmark,
    sglang,
    vllm,
)
from slowlens.gather.imports.parsing import read_rows

FORMATS = (vllm, sglang, aiperf, aiperf_records, guidellm, llama_bench, optimum_benchmark)
"""The first one that recognises a file reads it."""


def read_results(path: Path) -> tuple[Imported, ...]:
    """Return the results in a file, at least one; ResultFileError where there is none."""
    names = ", ".join(form.NAME.partition(" (")[0] for form in FORMATS)
    known = f"Known are {names}: slowlens import --help tells which files."
    rows = read_rows(path, known)
    form = next((form for form in FORMATS if form.recognises(rows)), None)
    if form is None:
        message = f"{path} is no result of a benchmark that slowlens knows"
        raise ResultFileError(message, hint=known)
    results = tuple(result for result in form.read(rows) if result.figures)
    if not results:
        raise ResultFileError(f"{path} has no figure in it: no request succeeded", hint=known)
    return results
