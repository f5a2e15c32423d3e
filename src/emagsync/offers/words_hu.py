"""Why an offer does or does not sell, in Hungarian."""

from __future__ import annotations

WORDS = {
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
}
