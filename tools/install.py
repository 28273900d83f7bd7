"""Run pip: one line says what it is doing, and everything it said is shown when it fails."""

import os
import re
import shutil
import subprocess
import sys
from collections import deque

PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
DOING = re.compile(r"\s*(Collecting|Downloading|Building|Preparing|Installing)\b(.*)")
LONG = re.compile(r"\s*(Downloading \S+ \(\d{2,}(\.\d)? MB\)|Building wheel|Installing collected)")


def main() -> int:
    """Install what the arguments say; return pip's exit code."""
    said: deque[str] = deque(maxlen=200)
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (
        subprocess.Popen(  # noqa: S603
            [*PIP, *sys.argv[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
        ) as pip
    ):
        assert pip.stdout
        for line in pip.stdout:
            said.append(line)
            show(line.rstrip())
    if sys.stdout.isatty():
        print("\r\x1b[K", end="")
    if pip.returncode:
        print("".join(said), f"pip failed with exit code {pip.returncode}.", sep="")
    return pip.returncode


def show(line: str) -> None:
    """On a terminal rewrite one line; in a log keep only what takes long."""
    if not (found := DOING.match(line)):
        return
    text = f"  {found[1].lower()}{found[2]}"
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
    elif LONG.match(line):
        print(text if len(text) < 100 else f"{text[:96]} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
