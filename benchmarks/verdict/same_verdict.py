"""`slowlens measure` again and again on one pair: does it ever contradict itself?

    python benchmarks/verdict/same_verdict.py MERGED SOURCE [--times 20] [--out FILE.json] [options]

Prints for each run the verdict on merged against source, and how many there were of each. A run may
be inconclusive, for a busy machine; two that say the opposite would be a defect.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from slowlens.codec import decode
from slowlens.facts.live.comparison import verdict_of
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import Verdict
from slowlens.places import HOME_VARIABLE


def main() -> None:
    """Run, judge, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("merged", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--out", type=Path)
    asked, options = parser.parse_known_args()
    found = []
    for number in range(asked.times):
        verdict = _once(asked.merged, asked.source, options)
        found.append({"outcome": verdict.outcome.value, "reason": verdict.reason})
        print(f"{number + 1:>2} {verdict.outcome}: {verdict.reason}", flush=True)
        if asked.out:
            asked.out.write_text(json.dumps(found, indent=1) + "\n")
    print(dict(Counter(each["outcome"] for each in found)))


def _once(merged: Path, source: Path, options: list[str]) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "run.json")
        command = ["measure", str(merged), "--source", str(source), "-o", str(file), *options]
        done = subprocess.run(
            [sys.executable, "-m", "slowlens", *command],
            env=os.environ | {HOME_VARIABLE: folder},  # it is none of the user's own runs
            capture_output=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stderr.decode(errors="replace"))
        measurement = decode(file.read_text()).measurement
    assert measurement
    slow, fast = (speed_of(measurement, subject, Cache.AS_SHIPPED) for subject in Subject)
    assert slow
    assert fast
    return verdict_of(slow, fast)


if __name__ == "__main__":
    main()
