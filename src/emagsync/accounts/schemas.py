"""Accounts as requests bring them, and what may be said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from emagsync.accounts.contacts import ContactState
from emagsync.core.account_names import AccountName
from emagsync.core.settings import PushMode
from emagsync.core.vocabulary import RequestModel

LONGEST_USERNAME = 255
LONGEST_PASSWORD = 500
LONGEST_ADDRESS = 500

PlatformCode = Literal["emag-ro", "emag-bg", "emag-hu", "fd-ro", "fd-bg"]
Username = Annotated[str, Field(min_length=1, max_length=LONGEST_USERNAME, description="Of the API user at eMAG.")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)]
Address = Annotated[
    str, Field(min_length=1, max_length=LONGEST_ADDRESS, description="Of the API, where it is not the platform's own.")
]


class NewAccount(RequestModel):
    """An account to add. Its password is stored sealed, and is in no answer."""

    model_config = ConfigDict(frozen=True)

    account: AccountName = Field(description="The name it has here, such as `main`.")
    platform: PlatformCode = "emag-ro"
    username: Username
    password: Password
    base_url: Address | None = None
    push: PushMode | None = Field(default=None, description="null: as `EMAGSYNC_EDITS__PUSH` says.")


class AccountChange(BaseModel):
    """What to change of an account; what is left out stays. To name another server takes the password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: PlatformCode | None = None
    username: Username | None = None
    password: Password | None = None
    base_url: Address | None = Field(default=None, description="null: the platform's own.")
    push: PushMode | None = Field(default=None, description="null: as `EMAGSYNC_EDITS__PUSH` says.")
    enabled: bool | None = Field(default=None, description="Whether it is synced; `false` stops what runs.")


class ContactView(BaseModel):
    """How eMAG last answered an account. `code`, `message` and `ip` are of the last failure, also once it is over."""

    state: ContactState
    let_in_at: datetime | None = Field(description="When eMAG last took a call of this account.")
    failed_at: datetime | None
    code: str | None
    message: str | None
    ip: str | None = Field(description="The address that eMAG said it saw, to be allowed in its panel.")
