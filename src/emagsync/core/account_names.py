"""Names of accounts, as requests and options bring them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# The name of an account. Callers write it in any letter case; from here on it is in lower case, as accounts are.
AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,31}$"), AfterValidator(str.lower)]
