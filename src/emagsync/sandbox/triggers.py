"""Changes that happen while a client reads, right after a chosen page or the n-th page was answered."""

import msgspec

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.changes import CatalogueChange, apply_change
from emagsync.sandbox.settings import SandboxError


class Trigger(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Make ``changes`` once: after the ``after_reads``-th page that ``account`` reads from now on, or after a ``page``.

    Only unfiltered pages and pages filtered by status count, not look-ups of single offers.
    """

    account: str
    changes: list[CatalogueChange]
    after_reads: int | None = None
    page: int | None = None


class Triggers:
    """The triggers that have not gone off yet."""

    def __init__(self) -> None:
        self._waiting: list[Trigger] = []
        self.fired = 0

    def add(self, trigger: Trigger) -> None:
        """Wait for the trigger's moment. Raises :class:`SandboxError` when it names none."""
        if (trigger.after_reads is None) == (trigger.page is None):
            raise SandboxError("trigger: give either after_reads or page.")
        self._waiting.append(trigger)

    def clear(self) -> None:
        """Wait for nothing any more."""
        self._waiting.clear()

    def page_answered(self, account: Account, page: int) -> None:
        """A page of the account's offers was made; set off what waited for it."""
        for trigger in [waiting for waiting in self._waiting if waiting.account == account.name]:
            if trigger.after_reads is not None:
                trigger.after_reads -= 1
            if trigger.after_reads == 0 or trigger.page == page:
                self._waiting.remove(trigger)
                self.fired += 1
                for change in trigger.changes:
                    apply_change(account, change)

    def waiting(self) -> int:
        """How many triggers have not gone off."""
        return len(self._waiting)
