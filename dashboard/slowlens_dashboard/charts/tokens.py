"""Two charts over one axis of tokens: the time of each above, and what belongs to it below."""

GAP = 0.1
"""Of the whole height: the space between the two."""


def tokens_layout(below: str, share: float, height: int) -> dict[str, object]:
    """Place them, empty; ``below`` titles the lower one, which has ``share`` of the height."""
    return {
        "height": height,
        "margin": {"t": 36, "r": 8, "b": 48, "l": 64},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {
            "title": _title("generated token"),
            "anchor": "y2",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "title": _title("milliseconds per token"),
            "domain": [share + GAP, 1],
            "rangemode": "tozero",
        },
        "yaxis2": {"title": _title(below), "domain": [0, share], "rangemode": "tozero"},
    }


def _title(text: str) -> dict[str, object]:
    return {"text": text, "font": {"size": 13}}
