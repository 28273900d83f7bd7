"""What a script does on a GPU before it measures, in a process that is gone by then."""

import sys
from collections.abc import Callable
from multiprocessing import get_context


def in_child(action: Callable[..., None], *arguments: object) -> None:
    """Run it in a process of its own: what a parent holds of a GPU counts as another program."""
    child = get_context("spawn").Process(target=action, args=arguments)
    child.start()
    child.join()
    if child.exitcode:
        sys.exit("the checkpoint could not be made")
