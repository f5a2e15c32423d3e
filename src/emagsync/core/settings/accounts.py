"""Settings of the accounts.

Those that variables describe are written as sellers' scripts already write them: `EMAG_MAIN_USERNAME`,
`EMAG_MAIN_PASSWORD`, and `EMAG_MAIN_BASE_URL` or `EMAG_MAIN_PLATFORM`; any `EMAG_<NAME>_USERNAME` makes an account
`<name>` in lower case. `emagsync.accounts.settings` reads them.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, SecretStr

from emagsync.core.settings.edits import PushMode


class AccountSettings(BaseModel):
    """One eMAG API user, as configured. `base_url` wins over `platform`; neither means `emag-ro`.

    `push` wins over `EMAGSYNC_EDITS__PUSH`.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    username: str
    password: SecretStr
    base_url: str | None = None
    platform: str | None = None
    push: PushMode | None = None


class AddedAccountSettings(BaseModel):
    """Accounts that people add in the page (`EMAGSYNC_ACCOUNTS__OTHER_ADDRESSES`).

    `other_addresses`: one may have another address than eMAG's own, as a sandbox has. Whoever administers the page then
    chooses which servers this one calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    other_addresses: bool = False
