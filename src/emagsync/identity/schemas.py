"""Users and API tokens, as the rest of the code and the REST API see them: without passwords and hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from emagsync.identity.passwords import LONGEST_PASSWORD, LONGEST_TYPED_PASSWORD, SHORTEST_PASSWORD
from emagsync.rest.principals import Role

USERNAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$"


def _long(shortest: int, longest: int) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not shortest <= len(value.get_secret_value()) <= longest:
            raise ValueError(f"A password has {shortest} to {longest} characters.")
        return value

    return AfterValidator(check)


def _described(shortest: int, longest: int) -> WithJsonSchema:
    schema = {"type": "string", "format": "password", "writeOnly": True}
    return WithJsonSchema(schema | {"minLength": shortest, "maxLength": longest})


Username = Annotated[str, Field(pattern=USERNAME_PATTERN, description="Upper and lower case are the same.")]
NewPassword = Annotated[
    SecretStr, _long(SHORTEST_PASSWORD, LONGEST_PASSWORD), _described(SHORTEST_PASSWORD, LONGEST_PASSWORD)
]
# A wrong one is answered like any other, so nothing but its length is checked.
TypedPassword = Annotated[SecretStr, _long(1, LONGEST_TYPED_PASSWORD), _described(1, LONGEST_TYPED_PASSWORD)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
TokenName = Annotated[str, Field(min_length=1, max_length=64)]
SessionKind = Literal["user", "session"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class User(_Answer):
    """Somebody who can log in. Times are UTC."""

    id: int
    username: str
    role: Role
    enabled: bool
    created_at: datetime
    password_changed_at: datetime
    last_login_at: datetime | None
    second_factor: bool = False


class ApiToken(_Answer):
    """A program's credential, without its text. `username` is its owner's; `expires_at` null means never."""

    id: int
    name: str
    role: Role
    username: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewApiToken(ApiToken):
    """An API token just made; `token` is shown this once."""

    token: Annotated[str, Field(repr=False)]


class Login(_Request):
    """Who logs in."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: TypedPassword
    code: Code | None = Field(
        default=None,
        repr=False,
        description="Of the second factor, for users who have one: the app's or a recovery code.",
    )


class SetupState(_Answer):
    """`open`: nobody administers this server yet, and whoever started it can make the first admin."""

    open: bool


class FirstAdmin(_Request):
    """The first admin of a server, with the code that the server printed when it started."""

    code: Annotated[str, Field(min_length=1, max_length=100, repr=False)]
    username: Username
    password: NewPassword


class AccessToken(_Answer):
    """What a login gives: send `access_token` as `Authorization: Bearer`. `expires_in` is in seconds."""

    access_token: Annotated[str, Field(repr=False)]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - not a secret
    expires_in: int


class Me(_Answer):
    """Who the caller is. `kind`: `user` (a login's token), `session` (a browser) or `token` (an API token).

    `held_back`: an admin who can only read until a second factor is set up.
    """

    kind: Literal["user", "session", "token"]
    username: str
    role: Role
    user_id: int | None
    token_id: int | None
    held_back: bool = False


class PasswordChange(_Request):
    """A user's new password; the old one proves that it is the user who asks."""

    old_password: TypedPassword
    new_password: NewPassword


class OwnSession(_Answer):
    """A login of the caller's. `is_this`: the one that asks. `agent` is the program's name for itself."""

    id: int
    kind: SessionKind
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None
    is_this: bool


class SecondFactorStatus(_Answer):
    """Whether a code is needed to log in, since when, and how many recovery codes are left."""

    enabled: bool
    since: datetime | None
    recovery_codes_left: int


class NewSecondFactor(_Answer):
    """What an authenticator app needs, shown once: the address to open, or the secret to type (base32).

    `picture` is the address as a QR code, an SVG image in a `data:` address. Nothing changes before a code confirms it.
    """

    secret: Annotated[str, Field(repr=False)]
    address: Annotated[str, Field(repr=False)]
    picture: Annotated[str, Field(repr=False)]


class RecoveryCodes(_Answer):
    """Codes that each serve once in the place of the app's. They are shown this once."""

    recovery_codes: Annotated[list[str], Field(repr=False)]


class PasswordProof(_Request):
    """The caller's own password, asked for again."""

    password: TypedPassword


class CodeProof(_Request):
    """A code that the app shows now."""

    code: Annotated[Code, Field(repr=False)]


class FullProof(_Request):
    """The caller's own password and a code of the second factor, or a recovery code."""

    password: TypedPassword
    code: Annotated[Code, Field(repr=False)]


class UserRequest(_Request):
    """A user to add."""

    username: Username
    password: NewPassword
    role: Role = Role.VIEWER


class UserChange(_Request):
    """What to change about a user; what is left out stays. A new password, or `enabled: false`, ends all sessions."""

    role: Role | None = None
    enabled: bool | None = None
    password: NewPassword | None = None


class TokenRequest(_Request):
    """An API token to make; it belongs to whoever makes it. `expires_in_days` null means never."""

    name: TokenName
    role: Role = Role.VIEWER
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = 365
