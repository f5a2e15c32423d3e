"""Pages of offers, encoded and compressed once and then served from memory."""

import zlib
from collections import OrderedDict
from collections.abc import Hashable

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, page_body
from emagsync.sandbox.filters import Filters, Page
from emagsync.sandbox.settings import Settings


class PageCache:
    """Whole answers by what they depend on; the least used go first when they outgrow the settings' ``cache_mb``."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self.size_bytes = 0

    def page(self, account: Account, filters: Filters, page: Page, settings: Settings, gzip: bool) -> Answer:
        """The answer with one page of the account's offers, in the order that the settings ask for now."""
        order = (settings.order, account.turn(settings.order)) if settings.order.kind != "id" else None
        key = (account.name, account.version, filters, page, order, gzip)
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
            return answer
        keys = account.arranged(filters, settings.order)[page.start : page.start + page.size]
        body = page_body(map(account.catalogue.encoded, keys))
        answer = Answer(compressed(body) if gzip else body, gzipped=gzip, items=len(keys))
        self._keep(key, answer, settings.cache_mb * 1_000_000)
        return answer

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
