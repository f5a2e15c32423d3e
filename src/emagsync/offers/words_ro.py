"""Why an offer does or does not sell, in Romanian."""

from __future__ import annotations

WORDS = {
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
}
