"""What the machine did during a run as a table: the same figures as its chart, for every reader."""

from statistics import median

import pandas as pd

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import rounded
from slowlens.reports.units import counted
from slowlens_dashboard.charts.machine import Track, gauges, tracks


def machine_table(measurement: Measurement) -> pd.DataFrame:
    """Show the lowest, the median and the highest of each figure over the run; empty without."""
    looks = measurement.samples
    found = [tracks(gauge, looks) for gauge in gauges(looks)]
    several = any(len(each) > 1 for each in found)
    return pd.DataFrame([_row(track, several=several) for each in found for track in each])


def _row(track: Track, *, several: bool) -> dict[str, str]:
    told = [value for look in track.looks if (value := track.gauge.of(look)) is not None]
    gpu = f"GPU {track.gpu + 1}: " if several and track.gauge.of_gpu else ""
    return {
        "Figure": f"{gpu}{track.gauge.panel.title}",
        "Lowest": rounded(min(told)),
        "Median": rounded(median(told)),
        "Highest": rounded(max(told)),
        "n": counted(len(told), "look"),
    }
