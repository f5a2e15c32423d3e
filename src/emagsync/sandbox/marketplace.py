"""The simulated marketplace: its accounts, settings, faults and the gateway in front of it."""

import random
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.faults import Fault, Faults, RequestInfo
from emagsync.sandbox.gateway import Admission, Gateway
from emagsync.sandbox.generated_orders import generated_orders, put_order
from emagsync.sandbox.pages import PageCache
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.replay import Replay
from emagsync.sandbox.save_rules import SaveRules
from emagsync.sandbox.settings import SandboxError, Settings
from emagsync.sandbox.shapes import Shapes
from emagsync.sandbox.triggers import Triggers

__all__ = ["Account", "Marketplace"]

_UNLIMITED: Final = Admission(True, {}, 0)


class Marketplace:
    """Everything the server serves. Change it in the loop that serves it, or through the control API.

    Args:
        accounts: who may call; two accounts of 2,545 and 1,200 generated offers when not given.
        platform: a code of the contract's table, such as ``emag-ro``.
        clock: seconds since the epoch; the gateway's windows follow it.
        monotonic: seconds for peaks and for the times of faults.
        replay: a recording, whose answers go before the marketplace's own; its accounts when none are given.

    Raises:
        SandboxError: the platform is unknown or two accounts have one name.
    """

    def __init__(
        self,
        accounts: Iterable[Account] | None = None,
        *,
        settings: Settings | None = None,
        faults: Iterable[Fault] = (),
        platform: str = "emag-ro",
        seed: int = 1,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        replay: Replay | None = None,
    ) -> None:
        if platform not in PLATFORMS:
            raise SandboxError(f"Unknown platform {platform!r}. Known: {', '.join(PLATFORMS)}.")
        self.platform = PLATFORMS[platform]
        self.settings = settings or Settings()
        self.settings.check()
        self.faults = Faults(seed, monotonic)
        self.faults.add(*faults)
        self.save_rules = SaveRules(seed)
        self.gateway = Gateway()
        self.triggers = Triggers()
        self.shapes = Shapes()
        self.pages = PageCache(self.shapes)
        self.clock, self.monotonic = clock, monotonic
        self.random = random.Random(seed)  # noqa: S311 - a simulation has to be repeatable
        self.accounts: dict[str, Account] = {}
        self.unknown_callers = Account("(unknown)", "", generated(0))
        self.replay = replay
        if accounts is None:
            accounts = default_accounts(seed, platform) if replay is None else replay.accounts()
        for account in accounts:
            self._add(account)

    def account(self, name: str) -> Account:
        """The account of this name.

        Raises:
            SandboxError: there is none; the message lists those there are.
        """
        if name not in self.accounts:
            raise SandboxError(f"No account {name!r}. Accounts: {', '.join(sorted(self.accounts))}.")
        return self.accounts[name]

    def admit(self, account: str, group: str) -> Admission:
        """Whether the gateway admits a request that arrives now."""
        if not self.settings.limit:
            return _UNLIMITED
        return self.gateway.admit(account, group, self.settings.limits[group], self.clock())

    def fault_for(self, request: RequestInfo) -> Fault | None:
        """The fault that a request meets, if any."""
        return self.faults.choose(request)

    def orders(self, account: Account) -> dict[int, dict[str, Any]]:
        """The account's orders by id, generated when they are first asked for."""
        if account.orders is None:
            account.orders = generated_orders(account, self.local_time(account))
        return account.orders

    def put_order(self, account: Account, values: dict[str, Any]) -> None:
        """Change an order of the account or add one. Raises :class:`SandboxError` for an impossible id."""
        put_order(account, self.orders(account), values, self.local_time(account))

    def local_time(self, account: Account) -> datetime:
        """The time now on the account's platform, in whose zone eMAG writes its dates."""
        return datetime.fromtimestamp(self.clock(), account.platform.zone)

    def reset_statistics(self) -> None:
        """Forget what was seen so far; offers, faults and settings stay."""
        for account in (*self.accounts.values(), self.unknown_callers):
            account.report.reset()

    def _add(self, account: Account) -> None:
        if account.name in self.accounts:
            raise SandboxError(f"Two accounts are named {account.name!r}.")
        self.accounts[account.name] = account


def default_accounts(seed: int = 1, platform: str = "emag-ro") -> list[Account]:
    """The two accounts that sellers usually have: MAIN (they ship) and FBE (fulfilled by eMAG)."""
    return [
        Account("main", "main-secret", generated(2545, seed, PLATFORMS[platform]), seed=seed, platform=platform),
        Account("fbe", "fbe-secret", generated(1200, seed + 1, PLATFORMS[platform]), seed=seed + 1, platform=platform),
    ]
