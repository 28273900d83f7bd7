"""What a run is called on every page: as somebody named it, or else by what was measured."""

from slowlens.brief import Brief, Kind
from slowlens_dashboard.runs.kept import Row


def called(row: Row) -> str:
    """Name a run; its id where nothing else is known of it."""
    brief = row.brief
    if row.label.name:
        return row.label.name
    if brief.merged and brief.kind is Kind.IMPORTED:
        return f"{brief.merged.title}, {brief.origin.partition(',')[0]}"
    return pair(brief) or brief.id


def pair(brief: Brief) -> str:
    """Name a pair: ``merged ← source``; empty where the file is damaged."""
    if brief.merged is None:
        return ""
    return f"{brief.merged.title} ← {brief.source.title}" if brief.source else brief.merged.title
