"""Pages of offers, encoded and compressed once and then served from memory."""

import zlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, page_body
from emagsync.sandbox.codec import decode, encode
from emagsync.sandbox.filters import Filters, Page
from emagsync.sandbox.settings import Settings
from emagsync.sandbox.shapes import Shapes, shaped

_GPSR: Final = ("manufacturer", "eu_representative")


class PageCache:
    """Whole answers by what they depend on; the least used go first when they outgrow the settings' ``cache_mb``."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self.size_bytes = 0

    def page(self, account: Account, filters: Filters, page: Page, settings: Settings, gzip: bool) -> Answer:
        """The answer with one page of the account's offers, in the order and shapes that are asked for now."""
        filled_in = settings.gpsr == "booleans" or (
            settings.gpsr == "by_id" and all(name != "id" for name, _ in filters)
        )
        order = (settings.order, account.turn(settings.order)) if settings.order.kind != "id" else None
        key = (account.name, account.version, filters, page, order, gzip, filled_in, self._shapes.version)
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
            return answer
        keys = account.arranged(filters, settings.order)[page.start : page.start + page.size]
        body = page_body(self._served(account, key, filled_in=filled_in) for key in keys)
        answer = Answer(compressed(body) if gzip else body, gzipped=gzip, items=len(keys))
        self._keep(key, answer, settings.cache_mb * 1_000_000)
        return answer

    def _served(self, account: Account, key: int, *, filled_in: bool) -> bytes:
        """The bytes of one row; odd rows, and rows that no rule concerns, exactly as the catalogue has them."""
        raw = account.catalogue.encoded(key)
        shapes = self._shapes.of(account.name, key) if key > 0 else ()
        if key < 0 or not (filled_in or shapes):
            return raw
        row: dict[str, Any] = decode(raw)
        if filled_in:
            row |= {name: bool(row[name]) for name in _GPSR if isinstance(row.get(name), list)}
        return encode(shaped(row, shapes))

    def _keep(self, key: Hashable, answer: Answer, limit: int) -> None:
        self._answers[key] = answer
        self.size_bytes += len(answer.body)
        while self.size_bytes > limit:
            _, gone = self._answers.popitem(last=False)
            self.size_bytes -= len(gone.body)


def compressed(body: bytes) -> bytes:
    """*body* as gzip, as fast as it goes."""
    packer = zlib.compressobj(level=1, wbits=31)
    return packer.compress(body) + packer.flush()
