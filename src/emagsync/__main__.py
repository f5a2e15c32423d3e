"""`python -m emagsync`: the command line."""

import sys

from emagsync.entrypoints.cli import main

if __name__ == "__main__":
    sys.exit(main())
