"""Why an offer sells or does not, in the four languages of the page.

The meanings of the numbers are from eMAG's API documentation, v4.5.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["ro", "en", "bg", "hu"]

# The locales by which eMAG keys its own messages.
LOCALES: Mapping[Language, str] = {"ro": "ro_RO", "en": "en_GB", "bg": "bg_BG", "hu": "hu_HU"}

STATUS_WORDS = {0: "inactive", 1: "active", 2: "end of life"}

_NUMBERED = re.compile(r"^(offer_)?validation_(-?\d+)$")


def explain(code: str, language: Language = "en") -> str:
    """The sentence for a code of `Offer.not_sellable`; an unknown code is returned as it is."""
    texts = _TEXTS[language]
    if code in texts:
        return texts[code]
    match = _NUMBERED.match(code)
    if match is None:
        return code
    return texts["offer_validation" if match[1] else "validation"].format(number=match[2])


def verdict(*, sellable: bool, removed: bool, language: Language = "en") -> str:
    """Whether an offer sells, in one sentence."""
    return _TEXTS[language]["removed" if removed else "sells" if sellable else "does_not_sell"]


# By language and code: what explain() and verdict() say. Every language has every code.
_TEXTS: Mapping[Language, Mapping[str, str]] = {
    "ro": {
        "sells": "Se vinde: este activă, în stoc, iar eMAG îi acceptă prețul și documentația.",
        "does_not_sell": "Nu se vinde.",
        "removed": "eMAG nu mai cunoaște această ofertă.",
        "inactive": "este inactivă: schimbați-i starea în activă",
        "end_of_life": "este la sfârșitul ciclului de viață",
        "unknown_status": "are o stare pe care eMAG nu o documentează",
        "no_stock": "nu este în stoc",
        "unknown_stock": "stocul ei nu a putut fi citit",
        "invalid_price": "eMAG consideră prețul invalid: comparați-l cu prețul minim și cu cel maxim",
        "offer_validation": "validarea prețului este {number}, valoare pe care eMAG nu o documentează",
        "unknown_offer_validation": "eMAG nu spune dacă prețul este valid",
        "unknown_validation": "eMAG nu spune dacă documentația este aprobată",
        "validation": "starea validării este {number}, cu care oferta nu se vinde",
        "validation_0": "documentația este o ciornă",
        "validation_1": "documentația este în curs de validare la marketplace",
        "validation_2": "brandul așteaptă validarea",
        "validation_4": "documentația nouă așteaptă validarea",
        "validation_5": "brandul a fost respins",
        "validation_6": "codul EAN a fost respins",
        "validation_8": "documentația a fost respinsă",
        "validation_10": "este blocată de eMAG",
        "validation_13": "traducerea așteaptă oferta",
        "validation_14": "traducerea a eșuat",
        "validation_15": "traducerea este în curs",
        "validation_16": "traducerea este în așteptare",
    },
    "en": {
        "sells": "It sells: it is active, in stock, and eMAG accepts its price and its documentation.",
        "does_not_sell": "It does not sell.",
        "removed": "eMAG was found not to know this offer any more.",
        "inactive": "it is inactive: set its status to active",
        "end_of_life": "it is at its end of life",
        "unknown_status": "its status is none that eMAG documents",
        "no_stock": "it is out of stock",
        "unknown_stock": "its stock could not be read",
        "invalid_price": "eMAG finds its price invalid: check it against its minimum and maximum price",
        "offer_validation": "the validation of its price is {number}, which eMAG does not document",
        "unknown_offer_validation": "eMAG does not say whether its price is valid",
        "unknown_validation": "eMAG does not say whether its documentation is approved",
        "validation": "its validation status is {number}, which does not sell",
        "validation_0": "its documentation is a draft",
        "validation_1": "its documentation is being validated by the marketplace",
        "validation_2": "its brand awaits validation",
        "validation_4": "its new documentation awaits validation",
        "validation_5": "its brand was rejected",
        "validation_6": "its EAN was rejected",
        "validation_8": "its documentation was rejected",
        "validation_10": "it is blocked by eMAG",
        "validation_13": "its translation awaits the offer",
        "validation_14": "its translation failed",
        "validation_15": "its translation is in progress",
        "validation_16": "its translation is pending",
    },
    "bg": {
        "sells": "Продава се: активна е, налична е и eMAG приема цената и документацията ѝ.",
        "does_not_sell": "Не се продава.",
        "removed": "eMAG вече не познава тази оферта.",
        "inactive": "неактивна е: променете статуса ѝ на активна",
        "end_of_life": "в края на жизнения си цикъл е",
        "unknown_status": "статусът ѝ не е описан от eMAG",
        "no_stock": "не е налична",
        "unknown_stock": "наличността ѝ не може да бъде прочетена",
        "invalid_price": "eMAG смята цената за невалидна: сравнете я с минималната и максималната цена",
        "offer_validation": "валидацията на цената е {number}, стойност, която eMAG не описва",
        "unknown_offer_validation": "eMAG не посочва дали цената е валидна",
        "unknown_validation": "eMAG не посочва дали документацията е одобрена",
        "validation": "статусът на валидация е {number}, с който офертата не се продава",
        "validation_0": "документацията е чернова",
        "validation_1": "документацията се валидира от marketplace",
        "validation_2": "марката чака валидация",
        "validation_4": "новата документация чака валидация",
        "validation_5": "марката е отхвърлена",
        "validation_6": "EAN кодът е отхвърлен",
        "validation_8": "документацията е отхвърлена",
        "validation_10": "блокирана е от eMAG",
        "validation_13": "преводът чака офертата",
        "validation_14": "преводът е неуспешен",
        "validation_15": "преводът се извършва",
        "validation_16": "преводът предстои",
    },
    "hu": {
        "sells": "Vásárolható: aktív, készleten van, és az eMAG elfogadja az árát és a dokumentációját.",
        "does_not_sell": "Nem vásárolható.",
        "removed": "Az eMAG már nem ismeri ezt az ajánlatot.",
        "inactive": "inaktív: állítsa az állapotát aktívra",
        "end_of_life": "életciklusa végén van",
        "unknown_status": "az állapotát az eMAG nem dokumentálja",
        "no_stock": "nincs készleten",
        "unknown_stock": "a készlete nem olvasható",
        "invalid_price": "az eMAG szerint az ára érvénytelen: vesse össze a minimális és a maximális árral",
        "offer_validation": "az ár ellenőrzésének állapota {number}, amelyet az eMAG nem dokumentál",
        "unknown_offer_validation": "az eMAG nem közli, hogy az ár érvényes-e",
        "unknown_validation": "az eMAG nem közli, hogy a dokumentáció elfogadott-e",
        "validation": "az ellenőrzés állapota {number}, amellyel az ajánlat nem vásárolható",
        "validation_0": "a dokumentációja vázlat",
        "validation_1": "a dokumentációját a marketplace ellenőrzi",
        "validation_2": "a márkája ellenőrzésre vár",
        "validation_4": "az új dokumentációja ellenőrzésre vár",
        "validation_5": "a márkáját elutasították",
        "validation_6": "az EAN-kódját elutasították",
        "validation_8": "a dokumentációját elutasították",
        "validation_10": "az eMAG letiltotta",
        "validation_13": "a fordítása az ajánlatra vár",
        "validation_14": "a fordítása sikertelen",
        "validation_15": "a fordítása folyamatban van",
        "validation_16": "a fordítása függőben van",
    },
}
