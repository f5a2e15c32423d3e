"""The accounts that the environment or `.env` describe, as sellers already write them.

`EMAG_MAIN_USERNAME`, `EMAG_MAIN_PASSWORD`, and `EMAG_MAIN_BASE_URL` or `EMAG_MAIN_PLATFORM`; any other
`EMAG_<NAME>_USERNAME` makes an account `<name>` in lower case. `EMAG_MAIN_PUSH` says whether its edits are sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import get_args
from urllib.parse import urlsplit

from emagsync.core.errors import SettingsError
from emagsync.core.settings import AccountSettings, PushMode
from emagsync.marketplace.addresses import check_base_url, server_of
from emagsync.marketplace.errors import RequestInvalid
from emagsync.marketplace.platforms import DEFAULT_PLATFORM, PLATFORMS, Platform, platform_of

_VARIABLE = re.compile(r"^EMAG_([A-Z0-9][A-Z0-9_]*?)_(USERNAME|PASSWORD|BASE_URL|PLATFORM|PUSH)$")
_NAME = re.compile(r"^[a-z0-9][a-z0-9_]{0,31}$")
RESERVED_NAMES = frozenset({"all", "both"})


@dataclass(frozen=True)
class ConfiguredAccounts:
    """The accounts of the settings, in the order main, fbe, then by name.

    An account whose settings are wrong is in `problems`, with one line that names the variable; the others work.
    """

    usable: Mapping[str, AccountSettings]
    problems: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Every account, usable or not."""
        return tuple(sorted({*self.usable, *self.problems}, key=_account_order))

    def get(self, name: str) -> AccountSettings:
        """The account `name`. Raises SettingsError that says which variables to set."""
        account = self.usable.get(name)
        if account is not None:
            return account
        if name in self.problems:
            raise SettingsError(self.problems[name])
        variable = f"EMAG_{name.upper()}"
        known = f" Configured accounts: {', '.join(self.names)}." if self.names else ""
        raise SettingsError(
            f"There is no account {name!r}: set {variable}_USERNAME and {variable}_PASSWORD in the environment "
            f"or in .env.{known}"
        )


def read_accounts(variables: Mapping[str, str]) -> ConfiguredAccounts:
    """The accounts that `EMAG_<NAME>_USERNAME`, `_PASSWORD`, `_BASE_URL`, `_PLATFORM` and `_PUSH` describe."""
    raw: dict[str, dict[str, str]] = {}
    for variable, value in variables.items():
        match = _VARIABLE.match(variable)
        if match and value.strip():
            raw.setdefault(match[1].lower(), {})[match[2].lower()] = value.strip()
    usable: dict[str, AccountSettings] = {}
    problems: dict[str, str] = {}
    for name in sorted(raw, key=_account_order):
        problem = _account_problem(name, raw[name])
        if problem:
            problems[name] = problem
        else:
            usable[name] = AccountSettings.model_validate({"name": name, **raw[name]})
    return ConfiguredAccounts(usable, problems)


def platform_for(account: AccountSettings) -> Platform:
    """The platform that decides what the account's rows mean: as configured, else by its address."""
    if account.platform is not None:
        return PLATFORMS[account.platform]
    return platform_of(account.base_url) if account.base_url else PLATFORMS[DEFAULT_PLATFORM]


def platform_named(accounts: ConfiguredAccounts, name: str) -> Platform:
    """The platform of an account that may not be configured any more: then the default one."""
    try:
        return platform_for(accounts.get(name))
    except SettingsError:
        return PLATFORMS[DEFAULT_PLATFORM]


def base_url_of(account: AccountSettings) -> str:
    """The address of the account's API, without a slash at the end."""
    return (account.base_url or platform_for(account).base_url).rstrip("/")


def _account_order(name: str) -> tuple[int, str]:
    return ({"main": 0, "fbe": 1}.get(name, 2), name)


def _account_problem(name: str, values: Mapping[str, str]) -> str | None:
    variable = f"EMAG_{name.upper()}"
    if name in RESERVED_NAMES or not _NAME.match(name):
        return f"{variable}_USERNAME: {name!r} cannot be the name of an account; choose another."
    missing = [f"{variable}_{key.upper()}" for key in ("username", "password") if key not in values]
    if missing:
        return f"Account {name!r} has no credentials: set {' and '.join(missing)} in the environment or in .env."
    return (
        _url_problem(f"{variable}_BASE_URL", values.get("base_url"))
        or _choice_problem(f"{variable}_PLATFORM", values.get("platform"), tuple(PLATFORMS))
        or _choice_problem(f"{variable}_PUSH", values.get("push"), get_args(PushMode))
    )


def _url_problem(variable: str, url: str | None) -> str | None:
    if url is None:
        return None
    try:
        check_base_url(url)
    except RequestInvalid:
        return f"{variable} is not the address of an eMAG API, such as https://marketplace-api.emag.ro/api-3."
    if urlsplit(url).scheme == "http" and not _is_private(server_of(url).host):
        return f"{variable} must begin with https://: the password would travel in clear text."
    return None


def _is_private(host: str) -> bool:
    """Whether `host` is this machine, a private address, or a single label, as containers call each other."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(".localhost")
    return address.is_loopback or address.is_private


def _choice_problem(variable: str, value: str | None, choices: Collection[str]) -> str | None:
    if value is None or value in choices:
        return None
    return f"{variable} is {value!r}; choose one of {', '.join(choices)}."
