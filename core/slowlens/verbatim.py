"""A name that somebody gave, which is no word of ours."""


class Verbatim(str):
    """Text that stays as it is in every language: a folder may be called ``merged``."""

    __slots__ = ()
