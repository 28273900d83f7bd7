"""What the person who started the server allowed and asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from slowlens.errors import CheckpointError
from slowlens.gather.hub.ids import hub_id
from slowlens.gather.nearby import nearby
from slowlens.places import demo_folder
from slowlens.spelling import question
from slowlens_dashboard.access.inside import require_inside

ROOTS, MERGED, SOURCE = "SLOWLENS_ROOTS", "SLOWLENS_MERGED", "SLOWLENS_SOURCE"
READ_ONLY, ACCOUNTS = "SLOWLENS_READ_ONLY", "SLOWLENS_ACCOUNTS"
CONFINED = "SLOWLENS_CONFINED"
"""Environment variables: the only thing that a server and the scripts it reruns both see."""


@dataclass(frozen=True, slots=True)
class Options:
    """Folders below ``roots`` may be read and fixed; the pair is shown first."""

    roots: tuple[Path, ...]
    merged: Path | None = None
    source: Path | None = None
    read_only: bool = False
    """Whether nothing may be measured, written or undone."""
    accounts: bool = False
    """Whether people log in with accounts of their own."""
    confined: bool = False
    """Whether nothing else may be read either, by links or in runs: others may look on."""

    def environment(self) -> dict[str, str]:
        """Return the variables that ``options_from`` reads back."""
        pair = {MERGED: self.merged, SOURCE: self.source}
        roots = os.pathsep.join(str(root) for root in self.roots)
        named = {name: str(path) for name, path in pair.items() if path}
        flags = {READ_ONLY: self.read_only, ACCOUNTS: self.accounts, CONFINED: self.confined}
        told = {name: "1" if flag else "" for name, flag in flags.items()}
        return {ROOTS: roots} | told | named

    def allow(self, text: str) -> Path:
        """Return the folder that a person typed, if it exists and lies below a root."""
        if not text.strip():
            raise CheckpointError(
                "No checkpoint is chosen.", hint="Type the path of a folder with a config.json."
            )
        try:
            path = Path(text.strip()).expanduser().resolve()
        except (RuntimeError, ValueError, OSError) as error:
            message = f"{text.strip()!r} cannot be the path of a folder: {error}."
            raise CheckpointError(message, hint="Type the path of a folder.") from error
        if not self._may_read(path) and (self.confined or os.path.exists(path)):  # noqa: PTH110
            readable = ", ".join(str(root) for root in self._outermost())
            allow = path if path.parent == path.parent.parent else path.parent
            raise CheckpointError(
                f"{path} is outside the folders that this dashboard may read: {readable}.",
                hint=f"To allow that folder, start it with: slowlens ui --root {allow}",
            )
        if not path.is_dir() and (wanted := hub_id(text.strip())):
            raise CheckpointError(
                f"There is no folder {path}; {text.strip()} may be a model of the hub.",
                hint="Check the spelling if you meant a folder. The dashboard reads no models of"
                f" the hub; a terminal does: slowlens check {text.strip()}. To see one here, name"
                f" the folder of a download: hf download {wanted.repo} --revision {wanted.revision}"
                f" --local-dir {wanted.repo.partition('/')[2]}",
            )
        if not path.is_dir():
            raise CheckpointError(
                f"There is no folder {path}.",
                hint=f"{self._asked(path)} A relative path starts from {Path.cwd()}.",
            )
        if self.confined:
            require_inside(path, self.roots)
        return path

    def _asked(self, path: Path) -> str:
        """Ask which folder was meant; those outside of the roots are not told of."""
        found = [one for one in nearby(path) if self._may_read(Path(one))]
        return question(found) or "Check the spelling."

    def _may_read(self, path: Path) -> bool:
        return any(path.is_relative_to(root) for root in self.roots)

    def _outermost(self) -> tuple[Path, ...]:
        """Return the roots that lie below no other one."""
        return tuple(
            r for r in self.roots if not any(r.is_relative_to(o) for o in self.roots if o != r)
        )


def options_from(environment: Mapping[str, str]) -> Options:
    """Allow the folders that were named, and else the working directory and the demo."""
    given = [Path(text) for text in environment.get(ROOTS, "").split(os.pathsep) if text]
    merged, source = (
        Path(text).resolve() if text else None for text in map(environment.get, (MERGED, SOURCE))
    )
    pair = [path for path in (merged, source) if path]
    wanted = [*(given or (Path.cwd(), demo_folder())), *pair]
    roots = dict.fromkeys(path.expanduser().resolve() for path in wanted)
    flags = (bool(environment.get(name)) for name in (READ_ONLY, ACCOUNTS, CONFINED))
    return Options(tuple(roots), merged, source, *flags)


def is_here(address: str) -> bool:
    """Whether only this machine can reach an address to listen on."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
