"""What was measured as tables and words, each figure with its unit and sample size."""

import pandas as pd

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose
from slowlens.reports.spread import growing, latency, variation
from slowlens.reports.units import counted, milliseconds
from slowlens_dashboard.prose import plain


def speed_table(measurement: Measurement) -> pd.DataFrame:
    """Figures of the timed trials, medians over n rounds."""
    rows = [
        {
            "Trial": speed.label,
            "Per token (TPOT)": milliseconds(speed.tpot),
            "Speed": f"{speed.tokens_per_second:.1f} tokens/s",
            "First token (TTFT)": milliseconds(speed.ttft),
            "90 % of tokens within (p90)": latency(speed.p90),
            "Per 1,000 tokens before it": growing(speed.growth),
            "Between rounds (CV)": variation(speed.cv),
            "Last input": counted(_last_input(measurement, speed.label), "token"),
            "n": f"{counted(speed.rounds, 'round')} of {counted(speed.new_tokens, 'token')}",
        }
        for speed in speeds(measurement)
    ]
    return pd.DataFrame(rows)


def _last_input(measurement: Measurement, label: str) -> int:
    timed = (g for g in measurement.generations if g.trial.purpose is Purpose.SPEED)
    return next(g.steps[-1].tokens_in for g in timed if g.trial.label == label)


def texts_table(measurement: Measurement) -> pd.DataFrame:
    """Show what each kind of timed trial wrote in its last round."""
    timed = [g for g in measurement.generations if g.trial.purpose is Purpose.SPEED]
    texts = {g.trial.label: plain(g.text) for g in timed}
    return pd.DataFrame({"Trial": list(texts), "Text": list(texts.values())})


def ending(answer: Generation) -> str:
    """Say how an answer that was free to stop has ended."""
    tokens = counted(len(answer.steps), "token")
    if answer.finish is Finish.EOS:
        return f"stopped by itself after {tokens}"
    return f"did not stop within {tokens}"
