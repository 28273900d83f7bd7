"""The picture that goes with a prompt: a file, or one that is made here."""

from typing import Any

from slowlens.errors import WorkerError
from slowlens.measure.plan import GENERATED

SIZE = (1280, 960)
"""Width and height of the generated picture: about what a phone sends."""
_SHAPES = (
    ("rectangle", (96, 96, 480, 384), (214, 48, 49)),
    ("ellipse", (640, 128, 1088, 576), (38, 110, 201)),
    ("polygon", ((256, 880), (448, 496), (640, 880)), (247, 202, 54)),
    ("line", (0, 959, 1279, 0), (20, 20, 20)),
)
"""A drawing call, where, and the colour."""


def open_picture(image: str) -> Any:  # noqa: ANN401
    """Return a PIL picture in RGB; WorkerError when ``image`` is none."""
    try:
        from PIL import Image, UnidentifiedImageError  # only for those who show pictures
    except ImportError as error:
        raise WorkerError(
            f"pictures cannot be read: {error}",
            hint="Pictures need Pillow: pip install 'slowlens[live]'.",
        ) from error
    if image == GENERATED:
        return generated()
    try:
        with Image.open(image) as file:
            return file.convert("RGB")
    except UnidentifiedImageError as error:
        raise WorkerError(f"{image} is not a picture that Pillow knows", hint=_HINT) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WorkerError(f"{image} cannot be read as a picture: {why}", hint=_HINT) from error


_HINT = f"Name a PNG or JPEG file, or say --image {GENERATED}."


def generated() -> Any:  # noqa: ANN401
    """Return the same gradients and shapes each time."""
    from PIL import Image, ImageDraw

    down = Image.linear_gradient("L").resize(SIZE)
    across = Image.linear_gradient("L").rotate(90).resize(SIZE)
    picture = Image.merge("RGB", (down, across, Image.radial_gradient("L").resize(SIZE)))
    draw = ImageDraw.Draw(picture)
    for call, where, colour in _SHAPES:
        getattr(draw, call)(where, fill=colour)
    return picture
