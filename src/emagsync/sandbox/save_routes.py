"""Writing offers: ``offer/save``, ``product_offer/save``, ``PATCH offer_stock/{id}``; each offer judged by itself."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from emagsync.sandbox.answers import Answer, Refusal, by_key, failure, plain, success
from emagsync.sandbox.catalogue import MAX_ID
from emagsync.sandbox.entities import bare_entities, entities
from emagsync.sandbox.offer_documents import AlreadyHeld, ProductSaves
from emagsync.sandbox.offer_values import BY_WAREHOUSE, LIGHT, apply_values
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.row_seed import natural_or_none, whole_or_none
from emagsync.sandbox.save_rules import TAKEN, Message, SavedOffer, SaveRule

IN_CAMPAIGN: Final = "The offer is part of a campaign with stock in site and cannot be updated until it ends"
_DOCUMENTATION: Final = "Documentation errors: the product documentation was not saved; the offer was saved"


# The row of an offer after a save of these values. Raises Refusal when eMAG does not take them.
_Change = Callable[[int, dict[str, Any]], dict[str, Any]]


class _Verdict(NamedTuple):
    """What the answer says of one offer."""

    emag_id: int
    refused: bool
    messages: list[Message]


def save_light(request: ApiRequest) -> Answer:
    """``offer/save``: the bare list of offers that exist, each with the keys that change; an answer for each.

    ``{"results": {"5": {"isError": false, "messages": [...]}}}``; false outside does not mean that an offer was taken.
    """
    save = _Save(request, "offer/save", bare_entities(request.content))
    verdicts = list(save.verdicts(lambda emag_id, entity: _light(save, emag_id, entity)))
    return success(_results(verdicts, as_list=request.marketplace.settings.save_results == "list"))


def save_products(request: ApiRequest) -> Answer:
    """``product_offer/save``: creates offers, attaches them to catalogue products, or updates them.

    Messages that name ``Product id: N`` speak of offers that were refused; the others were saved [seen].
    """
    market = request.marketplace
    products = ProductSaves(request.account, market.local_time(request.account).date())
    save = _Save(request, "product_offer/save", entities(request.body))
    verdicts = save.verdicts(lambda emag_id, entity: products.row(emag_id, entity, save.row(emag_id)))
    messages: list[Message] = [
        _naming(verdict.emag_id, message) for verdict in verdicts if verdict.refused for message in verdict.messages
    ]
    if market.settings.documentation_errors:
        messages.append(_DOCUMENTATION)
    return failure(messages, market.settings.refused_save_status) if messages else success([])


def patch_stock(request: ApiRequest) -> Answer:
    """``PATCH offer_stock/{id}`` with ``{"stock": 21}``: 204 and no body. A list fails, as callers have seen.

    With the setting ``offer_stock_works`` false it answers 500 whatever it gets.
    """
    if not request.marketplace.settings.offer_stock_works:
        raise Refusal("An internal error occurred", status=500)
    account, emag_id, most = request.account, request.path_id or 0, BY_WAREHOUSE["stock"]
    if emag_id not in account.catalogue:
        return plain({"message": "This offer does not exist"}, 404)
    stock = request.content.get("stock") if isinstance(request.content, dict) else None
    if not isinstance(stock, int) or isinstance(stock, bool) or not 0 <= stock <= most:
        return _invalid_stock(f"stock must be a whole number of 0 to {most}")
    if emag_id in account.in_campaign:
        return _invalid_stock(IN_CAMPAIGN)
    row = account.catalogue.build(emag_id)
    warehouses = [entry.get("warehouse_id", 1) for entry in row.get("stock") or [{}] if isinstance(entry, dict)]
    if len(warehouses) > 1:
        return _invalid_stock("the offer has several warehouses")
    entry = {"warehouse_id": whole_or_none(warehouses[0]) or 1, "value": stock}
    apply_values(row, {"stock": [entry]}, account.platform)
    account.catalogue.put(emag_id, row)
    return Answer(b"", 204)


def _invalid_stock(message: str) -> Answer:
    return plain({"message": "Invalid data", "errors": [{"message": message, "field": "stock"}]}, 400)


class _Save:
    """The offers of one save; their rows wait until all are judged, as some refusals are for the whole call."""

    def __init__(self, request: ApiRequest, route: str, sent: list[dict[str, Any]]) -> None:
        self.account, self._market, self._route = request.account, request.marketplace, route
        self._sent = [(_id(entity), entity) for entity in sent]
        self._rows: dict[int, dict[str, Any]] = {}

    def row(self, emag_id: int) -> dict[str, Any] | None:
        """The offer's row as this save has it so far; None when there is no such offer."""
        if emag_id in self._rows:
            return dict(self._rows[emag_id])
        return self.account.catalogue.build(emag_id) if emag_id in self.account.catalogue else None

    def verdicts(self, change: _Change) -> list[_Verdict]:
        """Save what may be saved, by *change* (the row after the save, or a refusal), and say what became of each.

        Raises:
            Refusal: the whole call is refused, and nothing was saved.
        """
        offers = [self._offer(emag_id, entity) for emag_id, entity in self._sent]
        if (rule := self._market.save_rules.whole_call(offers)) is not None:
            raise Refusal(*rule.words)
        verdicts = [
            verdict
            for offer, (emag_id, entity) in zip(offers, self._sent, strict=True)
            for verdict in self._judged(emag_id, entity, self._market.save_rules.of(offer), change)
        ]
        for emag_id, row in self._rows.items():
            self.account.catalogue.put(emag_id, row)
        return verdicts

    def _offer(self, emag_id: int, entity: dict[str, Any]) -> SavedOffer:
        known = self.account.catalogue
        part_number = known.filter_values(emag_id).part_number if emag_id in known else entity.get("part_number")
        return SavedOffer(self.account.name, self._route, emag_id, part_number)

    def _judged(
        self, emag_id: int, entity: dict[str, Any], rule: SaveRule | None, change: _Change
    ) -> Iterator[_Verdict]:
        """The verdict on one offer; none where a rule leaves it out of the answer."""
        named = emag_id if rule is None or rule.as_id is None else rule.as_id
        is_stopped = rule is not None and rule.verdict != "taken"
        if rule is None or not is_stopped or rule.applied:
            try:
                self._rows[emag_id] = self._changed(emag_id, entity, change)
            except AlreadyHeld:
                raise
            except Refusal as refusal:
                yield _Verdict(named, True, refusal.messages)
                return
        if rule is None:
            yield _Verdict(named, False, [TAKEN])
        elif rule.verdict in ("taken", "refused"):
            yield _Verdict(named, rule.verdict == "refused", rule.words)

    def _changed(self, emag_id: int, entity: dict[str, Any], change: _Change) -> dict[str, Any]:
        if emag_id in self.account.in_campaign:
            raise Refusal(IN_CAMPAIGN)
        return change(emag_id, entity)


def _light(save: _Save, emag_id: int, entity: dict[str, Any]) -> dict[str, Any]:
    row = save.row(emag_id)
    if row is None:
        raise Refusal(f"Offer {emag_id} does not exist")
    if unknown := set(entity) - LIGHT - {"id"}:
        raise Refusal(f"{', '.join(sorted(unknown))} cannot be changed by offer/save")
    apply_values(row, entity, save.account.platform)
    return row


def _results(verdicts: Iterable[_Verdict], *, as_list: bool) -> Any:
    judged = [
        (verdict.emag_id, {"isError": verdict.refused, "messages": list(verdict.messages)}) for verdict in verdicts
    ]
    if as_list:
        return [{"id": emag_id, **verdict} for emag_id, verdict in judged]
    return by_key({str(emag_id): verdict for emag_id, verdict in judged})


def _naming(emag_id: int, message: Message) -> Message:
    if isinstance(message, dict):
        return {**message, "message": f"Product id: {emag_id} - {message.get('message', '')}"}
    return f"Product id: {emag_id} - {message}"


def _id(entity: dict[str, Any]) -> int:
    emag_id = natural_or_none(entity.get("id"))
    if emag_id is None or not 1 <= emag_id <= MAX_ID:
        raise Refusal(f"Invalid id {entity.get('id')}: a whole number of 1 to {MAX_ID} is expected")
    return emag_id
