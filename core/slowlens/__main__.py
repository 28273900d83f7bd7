"""``python -m slowlens``, where the console script is not on the path."""

import sys

from slowlens.cli import main

sys.exit(main())
