"""What the machine did during a run as a table: the same figures as its chart, for every reader."""

import pandas as pd

from slowlens.facts.live.measurement import Measurement
from slowlens.reports.document.charts import machine_table as told


def machine_table(measurement: Measurement) -> pd.DataFrame:
    """Show what a report does; empty where the machine told nothing."""
    table = told(measurement)
    return pd.DataFrame(table.rows, columns=[*table.head]) if table else pd.DataFrame()
