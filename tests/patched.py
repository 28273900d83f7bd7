"""A checkpoint to patch, before and after."""

from pathlib import Path

from slowlens.findings import Edit

CONFIG = b'{\r\n  "eps": 1e-06,\r\n  "use_cache": false\r\n}'
GENERATION = b'{ "use_cache":false }\n'
CONFIG_ON = Edit("config.json", ("use_cache",), before=False, after=True)
GENERATION_ON = Edit("generation_config.json", ("use_cache",), before=False, after=True)
ON = (CONFIG_ON, GENERATION_ON)
BEFORE = {"config.json": CONFIG, "generation_config.json": GENERATION}
AFTER = {name: content.replace(b"false", b"true") for name, content in BEFORE.items()}


def laid_out(root: Path) -> Path:
    """Write the checkpoint into the new folder ``root``."""
    root.mkdir(parents=True)
    for name, content in BEFORE.items():
        (root / name).write_bytes(content)
    return root


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a folder, hidden ones included."""
    return {path.name: path.read_bytes() for path in root.iterdir()}


def links(root: Path) -> dict[str, str]:
    return {path.name: str(path.readlink()) for path in root.iterdir() if path.is_symlink()}
