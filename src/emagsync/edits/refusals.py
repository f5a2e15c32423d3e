"""What a refusal of eMAG's means for the person whose change it was: what to do, or that it will pass. Pure.

eMAG refuses in words only, so words are looked for. `_KNOWN` is a table of which the first line that matches decides.
A refusal that was met and is not in it gets a line there, its advice a sentence in `ADVICE` and in the languages of the
page. Without a line, eMAG's words are shown alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Advice(StrEnum):
    """What to do about a refusal. The codes are stable: pages and programs translate them."""

    PRICE_LIMITS = "price_limits"
    RECOMMENDED_PRICE = "recommended_price"
    PRICE_VALUE = "price_value"
    OFFER_MISSING = "offer_missing"
    VAT_RATE = "vat_rate"
    HANDLING_TIME = "handling_time"
    WAREHOUSE = "warehouse"
    STOCK_VALUE = "stock_value"
    CURRENCY = "currency"
    ACCOUNT = "account"
    DOCUMENTATION = "documentation"
    CATEGORY = "category"
    STATUS = "status"


ADVICE: Final[Mapping[Advice, str]] = {
    Advice.PRICE_LIMITS: "set the minimum and the maximum price so that the sale price lies between them",
    Advice.RECOMMENDED_PRICE: "choose a recommended price above the sale price",
    Advice.PRICE_VALUE: "choose a price above 0, without VAT, with at most four decimals",
    Advice.OFFER_MISSING: "sync the account; an offer that is not there any more has to be created at eMAG again",
    Advice.VAT_RATE: "choose a VAT rate that eMAG has for the account's country",
    Advice.HANDLING_TIME: "choose a handling time that eMAG allows for the account",
    Advice.WAREHOUSE: "choose a warehouse of this account, or add it in eMAG's seller account",
    Advice.STOCK_VALUE: "choose a whole number of 0 to 65535",
    Advice.CURRENCY: "only EUR and PLN can be chosen, besides the platform's own currency",
    Advice.ACCOUNT: "look into eMAG's seller account: it is suspended, closed or on holiday",
    Advice.DOCUMENTATION: "mend the product's documentation in eMAG's seller account, and wait until it is approved",
    Advice.CATEGORY: "ask eMAG for access to the product's category",
    Advice.STATUS: "look at the offer's status in eMAG's seller account; what was ended cannot be changed",
}

_KNOWN: Final[Sequence[tuple[re.Pattern[str], Advice]]] = [
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (r"(min|max)(imum|imal)?[ _](sale[ _])?price|price\b.*\b(between|range|interval)", Advice.PRICE_LIMITS),
        (r"pre[tțţ](ul)?\s+(minim|maxim)", Advice.PRICE_LIMITS),
        (r"recommended[ _]price|pre[tțţ](ul)?\s+recomandat", Advice.RECOMMENDED_PRICE),
        (r"handling[ _]time|timp(ul)?\s+de\s+(livrare|procesare)", Advice.HANDLING_TIME),
        (r"\bware-?house|\bdepozit", Advice.WAREHOUSE),
        (r"\bcurrency", Advice.CURRENCY),
        (r"\bvat([ _](id|rate))?\b|\btva\b", Advice.VAT_RATE),
        (r"\b(account|vendor|seller)\b.*\b(suspended|inactive|closed|holiday|vacation|blocked)", Advice.ACCOUNT),
        (r"\bcategory\b.*\bnot\b", Advice.CATEGORY),
        (r"\b(offer|product)\b.*\b(not found|does(n't| not) exist)|\bunknown (offer|product)", Advice.OFFER_MISSING),
        (r"\b(end[ -]of[ -]life|eol)\b", Advice.STATUS),
        (r"documentation|\bblocked\b|\brejected\b|\bnot (yet )?(approved|validated)", Advice.DOCUMENTATION),
        (r"price", Advice.PRICE_VALUE),
        (r"\bstock\b", Advice.STOCK_VALUE),
        (r"\bstatus\b", Advice.STATUS),
    )
]
# While an offer is in a campaign with stock in site eMAG refuses its updates with that reason: no error of the seller's
# values, and it passes when the campaign ends. No change that is sent has anything else to do with a campaign.
_CAMPAIGN: Final = re.compile(
    r"stock[\s_-]*in[\s_-]*site|\bcampaign|\bcampani[ae]|кампани[яи]|\bkampány", re.IGNORECASE
)

# Said of an offer that was taken, these are no remark.
_CONFIRMATION: Final = re.compile(
    r"|ok|success|((the )?(offer|product)s? )?((was|were|has been|have been) )?(successfully )?(saved|updated)"
    r"( successfully| with success)?[.!]?",
    re.IGNORECASE,
)


def advice_for(words: Sequence[str]) -> Advice | None:
    """What to do about a refusal in these words; None where that is not known."""
    said = "\n".join(words)
    return next((advice for pattern, advice in _KNOWN if pattern.search(said)), None)


def remarks_in(words: Sequence[str]) -> str | None:
    """What eMAG says beyond the bare fact that it saved the offer; None where it says nothing else."""
    return "; ".join(word for word in words if not _CONFIRMATION.fullmatch(word.strip())) or None


def speaks_of_campaign(words: Sequence[str]) -> bool:
    """Whether eMAG refuses the change because a campaign is on: it will take it when the campaign is over."""
    return any(map(_CAMPAIGN.search, words))
