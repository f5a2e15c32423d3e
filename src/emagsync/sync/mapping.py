"""From an offer as eMAG's client reads it to the record that the local copy stores."""

from __future__ import annotations

import orjson

from emagsync.marketplace.offers import ParsedRow, ProductOffer, Remark
from emagsync.offers.repository import OfferRecord


def record_of(offer: ProductOffer, row: ParsedRow, digest: bytes, *, token: str | None = None) -> OfferRecord:
    """The columns of `offers`, and the row's own bytes as text. `token` is that of the content, if it is known."""
    return OfferRecord(
        emag_id=offer.emag_id,
        part_number=offer.part_number,
        part_number_key=offer.part_number_key,
        name=offer.name,
        brand=offer.brand,
        category_id=offer.category_id,
        status=offer.status,
        sale_price=offer.sale_price,
        recommended_price=offer.recommended_price,
        min_sale_price=offer.min_sale_price,
        max_sale_price=offer.max_sale_price,
        currency=offer.currency,
        vat_id=offer.vat_id,
        stock=offer.stock,
        estimated_stock=offer.estimated_stock,
        handling_time=offer.handling_time,
        validation_status=offer.validation_status,
        translation_validation_status=offer.translation_validation_status,
        offer_validation_status=offer.offer_validation_status,
        buy_button_rank=offer.buy_button_rank,
        number_of_offers=offer.number_of_offers,
        best_offer_sale_price=offer.best_offer_sale_price,
        ownership=offer.ownership,
        genius_eligibility=offer.genius_eligibility,
        genius_eligibility_type=offer.genius_eligibility_type,
        genius_computed=offer.genius_computed,
        warranty=offer.warranty,
        main_image=offer.main_image,
        eans=" ".join(offer.eans),
        sellable=offer.sellable,
        not_sellable=" ".join(offer.not_sellable),
        remarks=_remarks_text(row.remarks),
        fingerprint=token or digest.hex(),
        raw_digest=digest,
        payload=row.raw.decode("utf-8"),
    )


def _remarks_text(remarks: tuple[Remark, ...]) -> str | None:
    return orjson.dumps([[remark.field, remark.reason] for remark in remarks]).decode() if remarks else None
