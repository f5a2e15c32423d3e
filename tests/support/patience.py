"""How long the tests wait for what must come: for as long as only a hang would take.

It is no claim about speed. On a loaded machine a process may get a hundredth of a processor for a minute, so a number
that somebody guessed on a quiet one fails there. Pytest's own limit (see pyproject.toml) is above it.
"""

PATIENCE_SECONDS = 300
