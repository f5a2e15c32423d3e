"""What a new password must be (OWASP ASVS 5, 6.2): long, not common, not like the user's name.

There are no rules of composition. How often a guesser would have to try is estimated by zxcvbn, offline, from its lists
of leaked passwords, words, names, dates and keyboard patterns. Passwords that were set under older rules stay good.
"""

from __future__ import annotations

import re
from typing import Final

from zxcvbn import zxcvbn

from emagsync.identity.errors import CommonPassword, PasswordLikeName, WeakPassword

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 128
# Passwords could once be as long as this.
LONGEST_TYPED_PASSWORD: Final = 256

# Guesses: whatever throttled logins let through in years, and an attacker with the hash for days.
_FEWEST_GUESSES: Final = 10**8
# What zxcvbn looks at; the time that it takes grows with the square of it.
_LOOKED_AT: Final = 72
# A guesser of this program's passwords begins with these.
_OUR_WORDS: Final = ("emagsync", "emag", "marketplace")


def check_new_password(password: str, username: str) -> None:
    """Raise WeakPassword, CommonPassword or PasswordLikeName for a password that `username` must not have."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    names = _spellings(username)
    if _guesses(password, ()) < _FEWEST_GUESSES:
        raise CommonPassword
    if _guesses(password, names) < _FEWEST_GUESSES:
        raise PasswordLikeName


def _guesses(password: str, names: tuple[str, ...]) -> float:
    found = zxcvbn(password[:_LOOKED_AT], user_inputs=[*_OUR_WORDS, *names])
    return float(found["guesses"])


def _spellings(username: str) -> tuple[str, ...]:
    """The name, its parts, and the parts without what stands between them: `ion.pop`, `ion`, `pop`, `ionpop`."""
    parts = tuple(part for part in re.split(r"[._@+-]+", username.lower()) if len(part) > 2)
    return (username.lower(), *parts, "".join(parts))
