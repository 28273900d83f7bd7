"""Points in time as a person reads them, from ISO 8601."""


def moment(created: str) -> str:
    """Write a time to the minute: ``2026-01-02 03:04 UTC``; without UTC where no zone is told.

    What is no time, or a day alone, stays as it is.
    """
    from datetime import UTC, datetime  # a check that tells no time starts sooner

    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return created
    if "T" not in created and " " not in created:
        return created
    if time.tzinfo is None:
        return f"{time:%Y-%m-%d %H:%M}"
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
