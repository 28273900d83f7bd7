"""Names that tell who somebody is, and on which machine."""

from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Of users and of machines."""

    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


NOBODY = Identity()
