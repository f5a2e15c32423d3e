"""Rules about saves: which offers of a save are refused, or left out of its answer, and in which words."""

import random
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from emagsync.sandbox.settings import SandboxError

Message = str | dict[str, Any]
TAKEN: Final = "The offer was saved"
REFUSED: Final = "The offer could not be saved"


class SaveRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """One rule. An offer of a save meets the first rule that agrees with it and is not used up.

    ``verdict`` says what becomes of the offer: ``refused`` with ``messages`` while the others are saved; ``taken``
    with ``messages`` as remarks; ``missing`` from the answer; or the ``whole_call`` is refused with ``messages`` that
    name nobody. ``applied``: the offer is saved all the same, whatever the answer says. ``as_id``: the answer speaks
    of that id instead of the offer's.
    ``times`` counts offers (for ``whole_call``: calls); null means for ever.
    """

    account: str | None = None
    route: Literal["offer/save", "product_offer/save"] | None = None
    ids: list[int] | None = None
    part_numbers: list[str] | None = None
    probability: float = 1.0
    times: int | None = None
    verdict: Literal["refused", "missing", "whole_call", "taken"] = "refused"
    messages: list[Message] | None = None
    applied: bool = False
    as_id: int | None = None

    @property
    def words(self) -> list[Message]:
        """What the answer says about the offer, or of the whole call."""
        if self.messages is not None:
            return self.messages
        return [TAKEN if self.verdict == "taken" else REFUSED]


class SavedOffer(msgspec.Struct, frozen=True):
    """An offer that a save is about, as far as rules look at it."""

    account: str
    route: str
    emag_id: int
    part_number: str | None


def save_rule_from(values: Any) -> SaveRule:
    """A rule from plain values. Raises :class:`SandboxError` that says what makes no sense."""
    try:
        rule = msgspec.convert(values, SaveRule)
    except msgspec.ValidationError as error:
        raise SandboxError(f"save rule: {error}") from error
    if not 0 <= rule.probability <= 1:
        raise SandboxError(f"save rule: probability is between 0 and 1, not {rule.probability}.")
    return rule


class SaveRules:
    """The rules in force, in the order they were added."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._rules: list[_Counted] = []
        self._random = random.Random(seed)  # noqa: S311 - a simulation has to be repeatable

    def add(self, *rules: SaveRule) -> None:
        """Put rules behind those in force."""
        self._rules.extend(_Counted(rule) for rule in rules)

    def clear(self) -> None:
        """Judge offers by their values alone again, and draw the same chances again."""
        self._rules.clear()
        self._random.seed(self._seed)

    def whole_call(self, offers: Sequence[SavedOffer]) -> SaveRule | None:
        """The rule by which a call with these offers is refused as a whole, if any; counts it as played."""
        rules = [counted for counted in self._rules if counted.rule.verdict == "whole_call"]
        for counted in rules:
            if any(counted.concerns(offer) for offer in offers) and counted.plays(self._random):
                return counted.rule
        return None

    def of(self, offer: SavedOffer) -> SaveRule | None:
        """The rule that the offer meets, if any; counts it as played."""
        for counted in self._rules:
            if counted.rule.verdict != "whole_call" and counted.concerns(offer) and counted.plays(self._random):
                return counted.rule
        return None

    def to_list(self) -> list[dict[str, Any]]:
        """The rules as plain values with ``played``."""
        return [{**msgspec.to_builtins(counted.rule), "played": counted.played} for counted in self._rules]


class _Counted:
    def __init__(self, rule: SaveRule) -> None:
        self.rule, self.played = rule, 0

    def concerns(self, offer: SavedOffer) -> bool:
        rule = self.rule
        return (
            rule.account in (None, offer.account)
            and rule.route in (None, offer.route)
            and (rule.ids is None or offer.emag_id in rule.ids)
            and (rule.part_numbers is None or offer.part_number in rule.part_numbers)
        )

    def plays(self, chance: random.Random) -> bool:
        if self.rule.times is not None and self.played >= self.rule.times:
            return False
        if self.rule.probability < 1 and chance.random() >= self.rule.probability:
            return False
        self.played += 1
        return True
