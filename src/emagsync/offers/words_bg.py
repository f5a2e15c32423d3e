"""Why an offer does or does not sell, in Bulgarian."""

from __future__ import annotations

WORDS = {
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
}
