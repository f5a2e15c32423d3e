"""Errors of accounts that people add, change and remove.

EmagsyncError
├── AccountValueRefused    a value that an account cannot have (`field`)
├── AccountExists          there is an account of that name
├── AccountBeingErased     the copy of a removed account of that name is being deleted
├── AccountNotStored       no account of that name was added here
└── AccountOfEnvironment   the account is described by variables, which only the operator changes
SettingsError
├── NoSuchAccount          no account of that name is known
├── NoAccounts             not a single one is known
└── AccountIsOff           the account is switched off
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from emagsync.core.errors import EmagsyncError, ErrorKind, SettingsError


class AccountValueRefused(EmagsyncError):
    """A value that an account cannot have. `reason` is a stable code for it, `field` its name in a request."""

    code = "account_value"
    http_status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = ErrorKind.CONFIGURATION

    def __init__(self, field: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.reason = reason

    def problem_members(self) -> Mapping[str, Any]:
        """`reason`, and `errors`, for it is a value of the request."""
        return {
            "reason": self.reason,
            "errors": [{"field": self.field, "message": str(self), "code": self.reason}],
        }


class AccountExists(EmagsyncError):
    """There is an account of that name."""

    code = "account_exists"
    http_status = HTTPStatus.CONFLICT
    kind = ErrorKind.CONFIGURATION

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an account {name!r} already: choose another name, or change that one.")


class AccountBeingErased(EmagsyncError):
    """What is left of a removed account of that name is being deleted: a new one's would be, too."""

    code = "account_being_erased"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(f"The offers of the removed account {name!r} are still being deleted: try again in a minute.")


class AccountNotStored(EmagsyncError):
    """No account of that name was added in the page or by `emagsync accounts add`."""

    code = "account_not_found"
    http_status = HTTPStatus.NOT_FOUND
    kind = ErrorKind.CONFIGURATION

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no account {name!r}.")


class AccountOfEnvironment(EmagsyncError):
    """The account is described by variables, which only the operator changes."""

    code = "account_of_environment"
    http_status = HTTPStatus.CONFLICT
    kind = ErrorKind.CONFIGURATION

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Account {name!r} is set by EMAG_{name.upper()}_USERNAME and the variables beside it, in the environment "
            "or in .env of the server: change it there."
        )


class NoSuchAccount(SettingsError):
    """No account of that name is known; the message says how to add it."""

    code = "no_such_account"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        variable = f"EMAG_{name.upper()}"
        others = f" Configured accounts: {', '.join(known)}." if known else ""
        super().__init__(
            f"There is no account {name!r}: add it in the page (Settings > Accounts) or by `emagsync accounts add "
            f"{name}`, or set {variable}_USERNAME and {variable}_PASSWORD in the environment or in .env.{others}"
        )


class NoAccounts(SettingsError):
    """Not a single account is known; the message says how to add one, and where it was looked."""

    code = "no_accounts"

    def __init__(self, looked: str = "") -> None:
        super().__init__(
            "No account is configured: add one in the page (Settings > Accounts) or by `emagsync accounts add main "
            "--username NAME`, or set EMAG_MAIN_USERNAME and EMAG_MAIN_PASSWORD in the environment or in .env."
            f"{f' {looked}' if looked else ''}"
        )


class AccountIsOff(SettingsError):
    """The account is switched off."""

    code = "account_off"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Account {name!r} is switched off: switch it on in the page (Settings > Accounts) or by `emagsync "
            f"accounts edit {name} --on`."
        )
