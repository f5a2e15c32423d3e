"""Errors of users, logins and API tokens.

IdentityError
├── InvalidCredentials    user name or password is wrong, or the user is disabled: which one is not said
├── LoginSlowedDown       too many wrong logins for this name or from this address
├── SecondFactorNeeded    the password is right, and a code of the second factor is still to be given
├── WrongCode             the code of the second factor is wrong, or was used before
├── SecondFactorIsOn      there is a second factor already
├── SecondFactorIsOff     there is no second factor
├── SecondFactorUnreadable  the second factor was sealed with another key of this server
├── SessionNotFound       the caller has no session with this id
├── WrongPassword         the old password, asked for again before a change, is wrong
├── WeakPassword          a new password that is too short or too long
│   ├── CommonPassword    ... that many people have, or that follows a simple pattern
│   └── PasswordLikeName  ... that is made of the user's name
├── UnusableName          a user's or token's name that is not allowed
├── UsernameTaken         another user has the name
├── UserNotFound          no user has this name or id
├── UserIsDisabled        a token was to be made for a user who is disabled
├── TokenNotFound         no API token has this id, or it is revoked
├── SetupClosed           somebody administers this server already
├── WrongSetupCode        the code of the first start is wrong, or of a start before
├── LastAdmin             the change would leave no enabled admin
└── NotAUser              an API token asked for what only a user has
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from emagsync.core.errors import EmagsyncError, ErrorKind


class IdentityError(EmagsyncError):
    """Base of the errors of users, logins and API tokens."""

    code = "identity"


class InvalidCredentials(IdentityError):
    """User name or password is wrong, or the user is disabled; the answer is the same for all three."""

    code = "invalid_credentials"
    http_status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.")

    def problem_headers(self) -> Mapping[str, str]:
        """The scheme that a login is for."""
        return {"WWW-Authenticate": 'Bearer realm="emagsync"'}


class SecondFactorNeeded(IdentityError):
    """The password is right, and a code of the second factor is still to be given."""

    code = "second_factor_needed"
    http_status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("This user logs in with a second factor: send `code` too, of the app or a recovery code.")

    def problem_headers(self) -> Mapping[str, str]:
        """The scheme that a login is for."""
        return {"WWW-Authenticate": 'Bearer realm="emagsync"'}


class WrongCode(IdentityError):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("The code is wrong, or was used before: enter the one that the app shows now.")


class SecondFactorIsOn(IdentityError):
    """There is a second factor already."""

    code = "second_factor_is_on"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("There is a second factor already: turn it off to set up another one.")


class SecondFactorIsOff(IdentityError):
    """There is no second factor."""

    code = "second_factor_is_off"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("There is no second factor: begin with `POST /api/v1/auth/second-factor`.")


class SecondFactorUnreadable(IdentityError):
    """The second factor was sealed with another key of this server."""

    code = "second_factor_unreadable"
    kind = ErrorKind.CONFIGURATION
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "The second factor was set up under another key of this server: give that key in EMAGSYNC_OLD_SECRET_KEYS, "
            "use a recovery code, or have an admin say `emagsync users reset-2fa`."
        )


class SessionNotFound(IdentityError):
    """The caller has no session with this id."""

    code = "session_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, session_id: int) -> None:
        super().__init__(f"You have no session {session_id}: it has ended, or it is somebody else's.")


class LoginSlowedDown(IdentityError):
    """Too many wrong logins for this name or from this address. `retry_after` is in whole seconds."""

    code = "login_slowed_down"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many wrong logins: try again in {retry_after} s.")
        self.retry_after = retry_after

    def problem_members(self) -> Mapping[str, Any]:
        """`retry_after`, in seconds."""
        return {"retry_after": self.retry_after}

    def problem_headers(self) -> Mapping[str, str]:
        """`Retry-After`, in seconds."""
        return {"Retry-After": str(self.retry_after)}


class WrongPassword(IdentityError):
    """The old password, asked for again before a change, is wrong."""

    code = "wrong_password"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("The old password is wrong.")


class WeakPassword(IdentityError):
    """A new password that is too short or too long."""

    code = "weak_password"


class CommonPassword(WeakPassword):
    """A new password that many people have, or that follows a simple pattern."""

    code = "common_password"

    def __init__(self) -> None:
        super().__init__("This password is among the first that are guessed: take a longer one, or several words.")


class PasswordLikeName(WeakPassword):
    """A new password that is made of the user's name."""

    code = "password_like_name"

    def __init__(self) -> None:
        super().__init__("This password is like the user's name: take one that has nothing to do with it.")


class UnusableName(IdentityError):
    """A user's or token's name that is not allowed."""

    code = "unusable_name"


class UsernameTaken(IdentityError):
    """Another user has the name."""

    code = "username_taken"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, username: str) -> None:
        super().__init__(f"There is a user {username!r} already: choose another name.")
        self.username = username


class UserNotFound(IdentityError):
    """No user has this name or id."""

    code = "user_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, user: int | str) -> None:
        super().__init__(f"There is no user {user!r}: `emagsync users list` lists them.")


class UserIsDisabled(IdentityError):
    """A token was to be made for a user who is disabled: it would come to life with the user."""

    code = "user_is_disabled"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, username: str) -> None:
        super().__init__(f"The user {username!r} is disabled: enable the user first, then make the token.")


class TokenNotFound(IdentityError):
    """No API token has this id, or it is revoked."""

    code = "token_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, token: int | str) -> None:
        super().__init__(f"There is no API token {token!r}: `emagsync tokens list` lists them.")


class SetupClosed(IdentityError):
    """Somebody administers this server already."""

    code = "setup_closed"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This server has an admin already: log in, or ask an admin for a user.")


class WrongSetupCode(IdentityError):
    """The code of the first start is wrong, or of a start before."""

    code = "wrong_setup_code"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "The code in the address is not the one that the server printed when it started last: open the newest "
            "address, or start the server again for a new one."
        )


class LastAdmin(IdentityError):
    """The change would leave no enabled admin."""

    code = "last_admin"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This is the last enabled admin: give another user the role admin first.")


class NotAUser(IdentityError):
    """An API token asked for what only a user who logged in has."""

    code = "not_a_user"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("An API token has neither a session nor a password: log in as a user.")
