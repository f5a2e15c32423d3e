"""How fast emagsync is, beside a bare loop over the same rows: `python -m benchmarks`. See docs/performance.md."""

import sys
from pathlib import Path

# Some parts use what the tests start and make.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
