"""Demo checkpoints that are built once and kept from session to session."""

from slowlens.demo.folder import Demo, find
from slowlens.demo.recipe import Weights
from slowlens.demo.session import build
from slowlens.durable import locked
from slowlens.places import cache_folder

FOLDER = cache_folder() / "test-demos"
"""As it is when pytest starts, before a test changes where home is."""


def kept_demo(weights: Weights) -> Demo:
    """Return the demo with these weights. Never write into it."""
    folder = FOLDER / weights
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(".lock")):  # tests run in several processes
        ready = find(folder)
        if ready and not ready.changed:
            return ready
        with build(folder, weights) as steps:
            for step in steps:
                print(f"building the demo for the tests: {step.number}/{step.total} {step.doing}")
        built = find(folder)
        assert built is not None
        return built
