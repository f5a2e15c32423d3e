"""Push errors.

PushError
├── PushBusy          another process pushes for the account
├── PushOff           pushing is turned off for the account
├── PushSuperseded    another process took over: this one writes nothing more
├── PushNotFound      there is no such push
├── HoldNotFound      there is no such hold
├── HoldDecided       it was decided already
└── NothingToUndo     what is to be undone changed nothing that could be put back
"""

from __future__ import annotations

from http import HTTPStatus

from emagsync.core.errors import EmagsyncError, ErrorKind


class PushError(EmagsyncError):
    """A push, a hold or an undo that cannot be carried out."""

    code = "push"


class PushBusy(PushError):
    """Another process pushes for the account."""

    code = "push_busy"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.CONFLICT

    def __init__(self, account: str) -> None:
        super().__init__(f"Edits of account {account!r} are being pushed already: they go out with that push.")
        self.account = account


class PushOff(PushError):
    """Pushing is turned off for the account."""

    code = "push_off"
    kind = ErrorKind.CONFIGURATION
    http_status = HTTPStatus.CONFLICT

    def __init__(self, account: str) -> None:
        super().__init__(
            f"Nothing is sent for account {account!r}: set EMAG_{account.upper()}_PUSH (or EMAGSYNC_EDITS__PUSH) "
            "to on, or to approve, and restart."
        )
        self.account = account


class PushSuperseded(PushError):
    """Another process took over."""

    code = "push_superseded"

    def __init__(self, account: str) -> None:
        super().__init__(f"Another process has taken over pushing for account {account!r}.")


class PushNotFound(PushError):
    """There is no such push."""

    code = "push_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, push_id: str) -> None:
        super().__init__(f"There is no push {push_id!r}.")


class HoldNotFound(PushError):
    """There is no such hold."""

    code = "hold_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, hold_id: int) -> None:
        super().__init__(f"There is no hold {hold_id}.")


class HoldDecided(PushError):
    """It was decided already."""

    code = "hold_decided"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, hold_id: int, state: str) -> None:
        super().__init__(f"Hold {hold_id} is {state} already.")


class NothingToUndo(PushError):
    """Nothing can be put back."""

    code = "nothing_to_undo"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("Nothing was changed there that could be put back.")
