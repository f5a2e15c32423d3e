"""``python -m emagsync.sandbox``."""

import sys

from emagsync.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
