"""Which runtime a live run tells about."""

from slowlens.facts.live.measurement import Measurement
from slowlens.facts.runtimes import Runtime, generate_of


def ran_in(measurement: Measurement) -> tuple[Runtime, ...]:
    """Return ``generate()`` of the transformers that the run was made with."""
    packages = measurement.environment.packages if measurement.environment else {}
    return (generate_of(packages.get("transformers", "")),)
