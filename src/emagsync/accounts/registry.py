"""Makes a client for each configured account, so that all processes share one request budget per API user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from emagsync.accounts.settings import ConfiguredAccounts, base_url_of, platform_for
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import SettingsError
from emagsync.core.proxies import parse_proxy
from emagsync.core.settings import AccountSettings, HttpSettings, Settings
from emagsync.marketplace.budget.budget import Budget
from emagsync.marketplace.budget.stores import budget_key
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.request import CallRecord, HttpExchange
from emagsync.marketplace.retry import RetryPolicy
from emagsync.marketplace.transport import HttpOptions

if TYPE_CHECKING:
    from emagsync.marketplace.budget.redis_store import RedisConnection

BUDGET_FOLDER = "budget"
PROXY_SETTING = "EMAGSYNC_HTTP__PROXY"


class AccountRegistry:
    """Knows the accounts by name and makes their clients. Belongs to one event loop, as its budgets do.

    `on_call` gets a record of every call that any of its clients makes; `on_exchange` gets the requests and answers
    themselves, for a recording.
    """

    def __init__(
        self,
        configured: ConfiguredAccounts,
        settings: Settings,
        *,
        clock: Clock | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        on_exchange: Callable[[HttpExchange], None] | None = None,
    ) -> None:
        self._settings = settings
        self._http = http_options(settings.http)
        self._configured = _with_a_way(configured, self._http)
        self._clock = clock or SystemClock()
        self._on_call = on_call
        self._on_exchange = on_exchange
        self._budgets: dict[str, Budget] = {}
        self._redis: RedisConnection | None = None

    @property
    def configured(self) -> ConfiguredAccounts:
        """The accounts as they are known now."""
        return self._configured

    def use(self, configured: ConfiguredAccounts) -> None:
        """From now on these are the accounts. Clients that are open go on with what they were made with."""
        self._configured = _with_a_way(configured, self._http)

    @property
    def names(self) -> tuple[str, ...]:
        """Every account that is not switched off, usable or not: main, fbe, then by name."""
        return self._configured.names

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every account, also those that are switched off."""
        return self._configured.all_names

    @property
    def problems(self) -> Mapping[str, str]:
        """The accounts that cannot be used, each with one line that says what to change."""
        return self._configured.problems

    def get(self, name: str) -> AccountSettings:
        """The account `name`. Raises SettingsError for one that is unknown or badly configured."""
        return self._configured.get(name)

    def client(self, name: str, *, on_call: Callable[[CallRecord], None] | None = None) -> EmagClient:
        """A new client of the account, not yet opened. `on_call` gets its calls, as the registry's own does.

        Raises SettingsError, and BudgetStoreError for an unusable data directory.
        """
        account = self.get(name)
        return EmagClient(
            username=account.username,
            password=account.password.get_secret_value(),
            platform=platform_for(account).code,
            base_url=base_url_of(account),
            account=name,
            budget=self.budget(name),
            retry=RetryPolicy(**self._settings.retry.model_dump()),
            http=self._http,
            clock=self._clock,
            on_call=_both(self._on_call, on_call),
            on_exchange=self._on_exchange,
        )

    def budget(self, name: str) -> Budget:
        """The request budget of the account's API user. Two names for one API user get the same one."""
        account = self.get(name)
        key = budget_key(base_url_of(account), account.username)
        budget = self._budgets.get(key)
        if budget is None:
            budget = self._budgets[key] = self._new_budget(key)
        return budget

    @property
    def redis(self) -> RedisConnection | None:
        """The Redis that counts the requests, where one is configured and requests are counted."""
        address = self._settings.redis_url
        if self._redis is None and address is not None and self._settings.limit.enabled:
            # Redis's library takes 0.08 s to import, a sixth of what a command needs that syncs without it.
            from emagsync.marketplace.budget.redis_store import RedisConnection

            self._redis = RedisConnection(address.get_secret_value(), clock=self._clock)
        return self._redis

    def _new_budget(self, key: str) -> Budget:
        if not self._settings.limit.enabled:
            return Budget.unlimited(clock=self._clock)
        if self.redis is not None:
            from emagsync.marketplace.budget.redis_store import RedisStore

            return Budget(RedisStore(self.redis, key), clock=self._clock)
        return Budget.on_disk(self._settings.data_dir / BUDGET_FOLDER, key, clock=self._clock)

    async def aclose(self) -> None:
        """Close the budgets, which write their last records. To be called after the clients are closed."""
        for budget in self._budgets.values():
            await budget.aclose()
        self._budgets.clear()
        if self._redis is not None:
            await self._redis.aclose()
            self._redis = None


def http_options(settings: HttpSettings) -> HttpOptions:
    """The limits and the way to eMAG that the settings say."""
    secret = settings.proxy
    proxy = None if secret is None else parse_proxy(secret.get_secret_value(), PROXY_SETTING)
    return HttpOptions(**settings.model_dump() | {"proxy": proxy})


def _with_a_way(configured: ConfiguredAccounts, http: HttpOptions) -> ConfiguredAccounts:
    """The accounts; one that the environment names an odd proxy for is among those that cannot be used."""
    problems = dict(configured.problems)
    for name, account in configured.usable.items():
        try:
            http.proxy_to(base_url_of(account))
        except SettingsError as error:
            problems[name] = str(error)
    usable = {name: account for name, account in configured.usable.items() if name not in problems}
    return replace(configured, usable=usable, problems=problems)


def _both(
    first: Callable[[CallRecord], None] | None, second: Callable[[CallRecord], None] | None
) -> Callable[[CallRecord], None] | None:
    if first is None or second is None:
        return first or second

    def tell(record: CallRecord) -> None:
        first(record)
        second(record)

    return tell
