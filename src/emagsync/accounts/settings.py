"""The accounts that the environment or `.env` describe, as sellers already write them.

`EMAG_MAIN_USERNAME`, `EMAG_MAIN_PASSWORD`, and `EMAG_MAIN_BASE_URL` or `EMAG_MAIN_PLATFORM`; any other
`EMAG_<NAME>_USERNAME` makes an account `<name>` in lower case. `EMAG_MAIN_PUSH` says whether its edits are sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, get_args
from urllib.parse import urlsplit

from emagsync.accounts.errors import AccountIsOff, NoSuchAccount
from emagsync.core.errors import SettingsError
from emagsync.core.settings import NOT_TEXT, AccountSettings, PushMode, is_text
from emagsync.marketplace.addresses import check_base_url, server_of
from emagsync.marketplace.errors import RequestInvalid
from emagsync.marketplace.platforms import DEFAULT_PLATFORM, PLATFORMS, Platform, platform_of

# Also those that are written wrong: they are pointed out, never ignored.
_VARIABLE = re.compile(r"EMAG_(.+)_(USERNAME|PASSWORD|BASE_URL|PLATFORM|PUSH)", re.IGNORECASE | re.ASCII | re.DOTALL)
_WELL_WRITTEN = re.compile(r"EMAG_[A-Z0-9][A-Z0-9_]*_[A-Z]+")
_LONGEST_NAME = 32
_NAME = re.compile(r"^[a-z0-9][a-z0-9_]{0,31}$")
RESERVED_NAMES = frozenset({"all", "both"})


@dataclass(frozen=True)
class ConfiguredAccounts:
    """The accounts of the settings, in the order main, fbe, then by name.

    An account whose settings are wrong is in `problems`, with one line that says what to change; the others work.
    `off` are those that a person switched off; `added` those, on or off, that are in the database and not of the
    environment.
    """

    usable: Mapping[str, AccountSettings]
    problems: Mapping[str, str]
    off: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Every account that is not switched off, usable or not."""
        return tuple(sorted({*self.usable, *self.problems}, key=_account_order))

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every account, also those that are switched off."""
        return tuple(sorted({*self.usable, *self.problems, *self.off}, key=_account_order))

    def get(self, name: str) -> AccountSettings:
        """The account `name`. Raises SettingsError that says what to do."""
        account = self.usable.get(name)
        if account is not None:
            return account
        if name in self.problems:
            raise SettingsError(self.problems[name])
        if name in self.off:
            raise AccountIsOff(name)
        raise NoSuchAccount(name, self.names)


def read_accounts(variables: Mapping[str, str]) -> ConfiguredAccounts:
    """The accounts that `EMAG_<NAME>_USERNAME`, `_PASSWORD`, `_BASE_URL`, `_PLATFORM` and `_PUSH` describe."""
    raw: dict[str, dict[str, str]] = {}
    misnamed: dict[str, str] = {}
    for variable, name, key, value in _account_variables(variables):
        if _WELL_WRITTEN.fullmatch(variable):
            raw.setdefault(name.lower(), {})[key] = value
        elif key in ("username", "password"):
            misnamed[name] = variable
    usable: dict[str, AccountSettings] = {}
    problems: dict[str, str] = {}
    for name in sorted(raw, key=_account_order):
        problem = _account_problem(name, raw[name])
        if problem:
            problems[name] = problem
        else:
            usable[name] = AccountSettings.model_validate({"name": name, **raw[name]})
    for name, variable in misnamed.items():
        key, problem = _misnamed(name, variable, {*raw, *problems})
        problems[key] = problem
    return ConfiguredAccounts(usable, problems)


def credentials_in(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """User name and password of everything that looks like an account, usable or not: what is to be hidden."""
    found: dict[str, dict[str, str]] = {}
    for _, name, key, value in _account_variables(variables):
        found.setdefault(name, {})[key] = value
    for values in found.values():
        if "password" in values:
            yield values.get("username", ""), values["password"]


def _account_variables(variables: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The variables of accounts that are set: each with the account's name as it is written, its key and its value."""
    for variable, value in variables.items():
        match = _VARIABLE.fullmatch(variable)
        if match and value.strip():
            key = match[2].lower()
            # A password may begin or end with a space; a line's end comes from the file that it was kept in.
            yield variable, match[1], key, value.strip("\r\n") if key == "password" else value.strip()


def _misnamed(name: str, variable: str, taken: Collection[str]) -> tuple[str, str]:
    """The name under which a badly written variable is reported, and what is wrong with it."""
    meant = _usable_name(name)
    kind = variable.rpartition("_")[2].upper()
    key, number = meant, 2
    while key in taken:
        key, number = f"{meant[: _LONGEST_NAME - 3]}_{number}", number + 1
    shown = variable.encode(errors="replace").decode()
    rest = ", or delete it" if key != meant else ", and the account's other variables so"
    return key, (
        f"{shown}: the name of an account has capital letters from A to Z, digits and underscores; "
        f"write EMAG_{meant.upper()}_{kind}{rest}."
    )


def _usable_name(name: str) -> str:
    """The nearest name that an account can have: `shop_ro` for `Shop-RO`, `stefan` for `ștefan`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    near = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_NAME].rstrip("_") or "shop"
    return f"{near}_shop" if near in RESERVED_NAMES else near


def platform_for(account: AccountSettings) -> Platform:
    """The platform that decides what the account's rows mean: as configured, else by its address."""
    if account.platform is not None:
        return PLATFORMS[account.platform]
    return platform_of(account.base_url) if account.base_url else PLATFORMS[DEFAULT_PLATFORM]


class AccountLookup(Protocol):
    """Whatever knows accounts by name: the settings as they were read, or a registry, which is up to date."""

    def get(self, name: str) -> AccountSettings:
        """The account `name`. Raises SettingsError."""
        ...


def platform_named(accounts: AccountLookup, name: str) -> Platform:
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
        return (
            f"{variable}_USERNAME: {name!r} cannot be the name of an account; "
            f"write EMAG_{_usable_name(name).upper()}_USERNAME, or choose another."
        )
    for key, value in values.items():
        if not is_text(value):
            return f"{variable}_{key.upper()} {NOT_TEXT}."
    missing = [f"{variable}_{key.upper()}" for key in ("username", "password") if key not in values]
    if missing:
        return f"Account {name!r} has no credentials: set {' and '.join(missing)} in the environment or in .env."
    if ":" in values["username"]:
        return f"{variable}_USERNAME holds a colon, which no user name of eMAG's API can: is the password in it, too?"
    return (
        url_problem(f"{variable}_BASE_URL", values.get("base_url"))
        or _choice_problem(f"{variable}_PLATFORM", values.get("platform"), tuple(PLATFORMS))
        or _choice_problem(f"{variable}_PUSH", values.get("push"), get_args(PushMode))
    )


def url_problem(variable: str, url: str | None) -> str | None:
    """What is wrong with the address of an API, which is called `variable`; None: nothing, or there is no address."""
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
