"""Parses one row of `product_offer/read`: from eMAG's bytes to an immutable `ProductOffer` with remarks.

Pure and lenient: what can be read is kept, and what cannot is named in a remark and costs only its own field. Rows have
the shapes that are documented for v4.5.1 and others met in production. Prices are without VAT.

Two ways lead to the same offer: `fast_decoder` for rows of the usual shape, `parse_closely` for all others. A row is
rejected only where there is nothing to store it under: it is not a JSON object, or has no usable id.

Two digests spare work. `raw_digest` is over the bytes and contains PARSER_VERSION: a row with the stored one is not
even parsed. `ParsedRow.fingerprint` is over the content; `comparison.same_content` tells by it a changed offer from one
that eMAG merely spells otherwise, which is asked only for rows whose bytes differ.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from emagsync.marketplace import nesting
from emagsync.marketplace.platforms import Platform
from emagsync.marketplace.rows import coerce, exact_json, fast_decoder
from emagsync.marketplace.rows.field_reader import Reader, Remark
from emagsync.marketplace.rows.fingerprint import fingerprint
from emagsync.marketplace.rows.product_offer import DOCUMENTED_ID_LIMIT, Image, ProductOffer, main_image
from emagsync.marketplace.rows.sellable import obstacles
from emagsync.marketplace.rows.validation_errors import ValidationError, validation_errors

__all__ = [
    "PARSER_VERSION",
    "Image",
    "ParsedRow",
    "ProductOffer",
    "Remark",
    "ValidationError",
    "parse",
    "payload",
    "peek_id",
    "raw_digest",
    "validation_errors",
]

PARSER_VERSION = 4
"""To be raised whenever the same bytes would be parsed to another offer, or have another digest: every stored row is
then parsed anew."""

_VERSION_BYTE = bytes((PARSER_VERSION,))
_DIGEST_BYTES = 15
_NOT_JSON = "the row is not JSON in UTF-8"


class ParsedRow(NamedTuple):
    """One parsed row. It has either an `offer` or the reason why there is none (`rejected`).

    A rejected row still has its id, where that could be read.
    """

    emag_id: int | None
    offer: ProductOffer | None
    remarks: tuple[Remark, ...]
    rejected: str | None
    raw: bytes
    kept: bytes = b""
    """`raw`, with what is nested too deeply as a text; empty for a rejected row."""

    @property
    def fingerprint(self) -> str:
        """32 hex characters, equal exactly when the row's content is; see `rows/fingerprint.py`.

        Made when asked for: a row is compared far less often than it is read. Raises ValueError for a rejected row.
        """
        return fingerprint(payload(self.raw))


class _Id(msgspec.Struct, gc=False):
    id: Any = None


_PEEK = msgspec.json.Decoder(_Id, float_hook=Decimal)


def parse(raw: bytes, platform: Platform, *, is_utf8: bool = False) -> ParsedRow:
    """Parse one row; `raw` is its JSON as eMAG sent it. Never raises, whatever the bytes are.

    `is_utf8`: the caller knows that of all of `raw`, as of a row that was cut out of an answer (`envelope`).
    """
    offer = fast_decoder.read(raw, platform)
    if offer is None or not (is_utf8 or _is_utf8(raw)):
        return parse_closely(raw, platform)
    return ParsedRow(offer.emag_id, offer, (), None, raw, raw)


def parse_closely(raw: bytes, platform: Platform) -> ParsedRow:
    """As `parse`, without its fast path for rows of the usual shape."""
    try:
        decoded = exact_json.decode(raw)
    except (ValueError, RecursionError):
        return ParsedRow(peek_id(raw), None, (), _NOT_JSON, raw)
    row = decoded.value
    if type(row) is not dict:
        return _rejected(raw, f"the row is {coerce.described(row)}, not an object")
    reader = Reader(row, odd=decoded.odd or b"\\u0000" in raw or coerce.is_damaged(raw))
    if decoded.cut:
        reader.remark("", f"is nested deeper than {nesting.DEEPEST} levels; what is below them was not read")
    try:
        emag_id = coerce.identifier(row.get("id"))
    except coerce.Unreadable as reason:
        return _rejected(raw, f"its id {reason}")
    if emag_id is None:
        return _rejected(raw, "the row has no id" if "id" not in row else f"its id is {coerce.described(row['id'])}")
    if emag_id > DOCUMENTED_ID_LIMIT:
        reader.remark("id", f"is {emag_id}, above eMAG's documented {DOCUMENTED_ID_LIMIT}")
    kept = nesting.bounded(raw)
    return ParsedRow(emag_id, _offer(emag_id, reader, platform), tuple(reader.remarks), None, raw, kept)


def peek_id(raw: bytes) -> int | None:
    """Only the row's id, fast; `None` where it is missing or unusable. `parse` finds the same."""
    try:
        return _usable_id(_PEEK.decode(raw).id)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return _peek_odd(raw)


def raw_digest(raw: bytes) -> bytes:
    """The parser's version and 15 bytes over the row: equal means surely unchanged, different means parse it.

    SHA-256, because processors have instructions for it: two thirds of what BLAKE2b takes, which a second look feels.
    """
    return _VERSION_BYTE + sha256(raw).digest()[:_DIGEST_BYTES]


def is_current(digest: bytes) -> bool:
    """Whether a stored digest is of a row that this version of the parser has read."""
    return digest.startswith(_VERSION_BYTE)


def payload(raw: bytes) -> dict[str, Any]:
    """The whole row with every unknown field; a number with a fraction is a `Decimal`.

    Raises ValueError where the row is not a JSON object; `parse` rejects such rows.
    """
    row = exact_json.decode(raw).value
    if not isinstance(row, dict):
        raise ValueError(f"the row is {coerce.described(row)}, not an object")  # noqa: TRY004  (bad data, not a bad type)
    return row


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rejected(raw: bytes, reason: str) -> ParsedRow:
    return ParsedRow(None, None, (), reason, raw)


def _usable_id(value: object) -> int | None:
    try:
        return coerce.identifier(value)
    except coerce.Unreadable:
        return None


def _peek_odd(raw: bytes) -> int | None:
    # What msgspec refuses anywhere in a row, such as half a surrogate pair, must not cost the row its id.
    try:
        row = exact_json.decode(raw).value
    except (ValueError, RecursionError):
        return None
    return _usable_id(row.get("id")) if isinstance(row, dict) else None


def _offer(emag_id: int, reader: Reader, platform: Platform) -> ProductOffer:
    integer, price, text, short_text = reader.integer, reader.price, reader.text, reader.short_text
    row = reader.row
    stock = reader.stock()
    status = integer("status")
    validation = reader.validation("validation_status")
    offer_validation = reader.validation("offer_validation_status")
    not_sellable = obstacles(status=status, stock=stock, offer_validation=offer_validation, validation=validation)
    family_id, family_name = reader.family()
    images = reader.images()
    return ProductOffer(
        emag_id=emag_id,
        part_number=short_text("part_number"),
        part_number_key=short_text("part_number_key"),
        name=reader.name("name"),
        brand=reader.short_name("brand") or reader.short_name("brand_name"),
        category_id=integer("category_id"),
        vendor_category_id=integer("vendor_category_id"),
        status=status,
        sale_price=price("sale_price"),
        recommended_price=price("recommended_price"),
        min_sale_price=price("min_sale_price"),
        max_sale_price=price("max_sale_price"),
        currency=reader.currency(platform.currency),
        currency_type=short_text("currency_type"),
        vat_id=integer("vat_id"),
        stock=stock or 0,  # unknown stock is 0 in the column; `not_sellable` has the reason `unknown_stock`
        estimated_stock=integer("estimated_stock"),
        handling_time=reader.handling_time(),
        validation_status=validation,
        translation_validation_status=reader.validation("translation_validation_status"),
        offer_validation_status=offer_validation,
        buy_button_rank=integer("buy_button_rank"),
        number_of_offers=integer("number_of_offers"),
        best_offer_sale_price=price("best_offer_sale_price"),
        best_offer_recommended_price=price("best_offer_recommended_price"),
        main_offer_price=price("main_offer_price"),
        ownership=reader.attempt(coerce.ownership, "ownership", row.get("ownership")),
        genius_eligibility=integer("genius_eligibility"),
        genius_eligibility_type=integer("genius_eligibility_type"),
        genius_computed=integer("genius_computed"),
        warranty=integer("warranty"),
        green_tax=price("green_tax"),
        weight=reader.attempt(coerce.weight, "weight", row.get("weight")),
        url=text("url"),
        main_image=main_image(images),
        eans=reader.eans(),
        images=images,
        start_date=short_text("start_date"),
        family_id=family_id,
        family_name=family_name,
        description=text("description"),
        sellable=not not_sellable,
        not_sellable=not_sellable,
    )
