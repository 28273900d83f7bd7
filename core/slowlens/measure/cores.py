"""How many CPU cores this process may use."""

import os


def cores() -> int:
    """Return their number: a container or ``taskset`` may leave fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
