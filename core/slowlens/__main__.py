"""Where ``slowlens`` and ``python -m slowlens`` begin: whoever stops them reads no traceback."""

import os
import sys

STOPPED = 130


def main() -> int:
    """Run the command line; until its modules are imported, Ctrl-C ends the process at once.

    As an exception it could be raised in a callback of the import, which prints and loses it.
    """
    try:
        import signal  # takes milliseconds, in which somebody may press Ctrl-C

        from_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if from_python:  # else whoever started this wants it to be deaf
            signal.signal(signal.SIGINT, lambda *_: os._exit(STOPPED))
        from slowlens.cli import main as command

        def begun() -> None:
            if from_python:
                signal.signal(signal.SIGINT, signal.default_int_handler)

        return command(begun=begun)
    except KeyboardInterrupt:
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
