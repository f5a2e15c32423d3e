"""Files as people have them: our exports come back, their own headings and numbers are understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits.bulk.columns import KEYS, VALUES, column_of
from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_reading import FileOptions, FileReading
from emagsync.edits.errors import FileUnreadable
from emagsync.offers.export_columns import EXPORTED, LABELS, LANGUAGES, HeadingLanguage, label, read_exported
from support.workbooks import saved, workbook

WEB = Path(__file__).parents[3] / "web" / "src"


def read(content: bytes, **options: Any) -> FileReading:
    return read_file(content, FileOptions(default_account="main", **options))


def given(content: bytes, **options: Any) -> list[dict[str, Any]]:
    return [dict(request.given) for request in read(content, **options).requests]


@pytest.mark.parametrize("language", ["ro", "en"])
def test_the_page_s_own_words_for_columns_are_understood(language: str) -> None:
    shared = json.loads((WEB / "shared" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))["fields"]
    listed = json.loads((WEB / "features/offers/i18n" / f"{language}.json").read_text(encoding="utf-8"))["columns"]
    aliases = {"price": "sale_price", "stock_quantity": "stock", "sku": "part_number", "account_type": "account"}
    for words in (shared, listed):
        for name, word in words.items():
            field = aliases.get(name, name)
            # A rate is shown by its name, and edited by eMAG's number of it.
            if field in (*KEYS, *VALUES, "account", "currency") and field != "vat_id":
                assert column_of(word) == field, word
    for name, labels in LABELS.items():
        expected = name if name in (*KEYS, *VALUES, "account", "currency") else None
        assert [column_of(label) for label in labels] == [expected] * 2, labels


@pytest.mark.parametrize(
    ("heading", "field"),
    [("Cantitate", "stock"), ("PNK", "part_number_key"), ("EAN", "eans"), ("Cod", "part_number"), ("Denumire", None),
     ("Preț cu TVA", None), ("ID ofertă", "emag_id"), ("Preț fără TVA", "sale_price"),
     ("Price without VAT", "sale_price")],
)  # fmt: skip
def test_people_s_headings_are_understood(heading: str, field: str | None) -> None:
    assert column_of(heading) == field


@pytest.mark.parametrize(
    ("heading", "field"),
    [("Preț (RON)", "sale_price"), ("Preț*", "sale_price"), ("* PREȚ FĂRĂ TVA [lei]", "sale_price"),
     ("Pret fara TVA, EUR", "sale_price"), ("Preț (fără TVA)", "sale_price"), ("Preț minim (€)", "min_sale_price"),
     ("Pret/buc.", "sale_price"), ("Stoc (buc)", "stock"), ("Stoc buc.", "stock"), ("SKU *", "part_number"),
     ("(EAN)", "eans"), ("Preț (cu TVA)", None), ("Preț cu TVA (RON)", None), ("Preț vechi (RON)", None),
     ("Stoc (RON)", None), ("Cod (buc)", None), ("Buc.", "stock"), ("RON", None), ("(buc)", "stock"), ("*", None),
     ("TVA", None), ("VAT", None), ("TVA (%)", None), ("ID cotă TVA", "vat_id"), ("ID cotă TVA*", "vat_id")],
)  # fmt: skip
def test_what_people_put_around_the_words_of_a_heading_says_nothing_else(heading: str, field: str | None) -> None:
    assert column_of(heading) == field


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_headings_of_our_exports_are_understood_when_excel_could_not_save_their_letters(
    language: HeadingLanguage,
) -> None:
    for name in (*LABELS, EXPORTED):
        heading = label(name, language)
        saved_by_excel = heading.encode("cp1250", "replace").decode("cp1250")
        assert column_of(saved_by_excel) == column_of(heading), heading
    assert column_of("Pre? f?r?????") is None


@pytest.mark.parametrize(
    ("heading", "cell", "currency"),
    [("Preț (EUR)", "12,50", "EUR"), ("Preț lei", "12,50", "RON"), ("Preț", "12,50 €", "EUR"), ("Preț", "12,50", None),
     ("Preț (lei)", "12,50 RON", "RON"), ("Preț buc", "12,50", None)],
)  # fmt: skip
def test_the_currency_of_a_price_is_that_of_its_heading_or_its_cell(
    heading: str, cell: str, currency: str | None
) -> None:
    [request] = read(f"id;{heading}\n1;{cell}\n".encode()).requests
    assert (request.given, request.currency, request.errors) == ({"sale_price": "12.50"}, currency, ())


@pytest.mark.parametrize(
    "content",
    ["id;Preț (EUR)\n1;12,50 lei\n", "id;Preț (EUR);Preț minim (RON)\n1;12,50;60\n", "id;pret;moneda\n1;5 lei;EUR\n"],
)
def test_a_row_that_names_several_currencies_is_an_error(content: str) -> None:
    [request] = read(content.encode()).requests
    assert "several_currencies" in {issue.code for issue in request.errors}


@pytest.mark.parametrize(
    ("code", "currency"),
    [('#,##0.00 "lei"', "RON"), ("#,##0.00 [$€-1]", "EUR"), ("[$RON] #,##0.00", "RON"), ("[$$-409]#,##0.00", "$"),
     ("#,##0.00\\ [$Ft-40E]", "HUF"), ("#,##0.00", None), ('"de la" 0.00', None),
     (r'_-* #,##0.00\ [$lei-418]_-;-* #,##0.00\ [$lei-418]_-;_-* "-"??\ [$lei-418]_-;_-@_-', "RON")],
)  # fmt: skip
def test_a_currency_that_only_the_number_format_shows_is_that_of_the_price(code: str, currency: str | None) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "pret"])
    sheet.append([1, 12.5])
    sheet["B2"].number_format = code
    [request] = read(saved(book)).requests
    assert (request.given, request.currency, request.errors) == ({"sale_price": "12.5"}, currency, ())


def test_a_plus_that_only_the_number_format_shows_is_a_difference_too() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "stoc"])
    sheet.append([1, 5])
    sheet["B2"].number_format = "+0;-0;0"
    assert given(saved(book)) == [{"stock_change": "+5"}]


@pytest.mark.parametrize("headings", ["Preț;Preț fără TVA", "Preț (EUR);Preț (RON)", "Pret;PREȚ"])
def test_columns_that_are_the_same_are_named_as_they_stand_there(headings: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(f"id;{headings}\n1;2;3\n".encode())
    assert (refused.value.reason, refused.value.values["columns"]) == (
        "repeated_columns",
        headings.replace(";", ", "),
    )


@pytest.mark.parametrize("ean", ["5.94123E+12", "5,94123E+12", "5,94E12", "5941234567890 5.94123e+12"])
def test_a_bar_code_that_a_spreadsheet_has_shortened_is_an_error_that_says_so(ean: str) -> None:
    [request] = read(f"EAN;stoc\n{ean};3\n".encode()).requests
    assert (request.eans, [(issue.field, issue.code) for issue in request.errors]) == (
        (),
        [("eans", "shown_as_exponent")],
    )


def test_titles_above_the_headings_are_passed_over_and_other_columns_listed() -> None:
    rows = [["Lista de prețuri"], ["noiembrie", 2026], ["Denumire", "ID ofertă", "Cantitate"], ["Bec", 7, "300 buc"]]
    for content in (workbook(*rows), "\n".join(";".join(map(str, row)) for row in rows).encode()):
        reading = read(content)
        assert [(one.emag_id, one.given) for one in reading.requests] == [(7, {"stock": "300"})]
        assert (list(reading.note.ignored_columns), reading.note.rows_above) == (["Denumire"], 2)


@pytest.mark.parametrize(
    ("text", "locale", "price"),
    [("1.599,90", None, "1599.90"), ("1.050", "ro", "1050"), ("1.050", "en", "1.050"), ("699,90 lei", "en", "699.90")],
)
def test_a_price_is_read_as_its_writer_means_it(text: str, locale: str | None, price: str) -> None:
    assert given(f"id;pret\n1;{text}\n".encode(), locale=locale) == [{"sale_price": price}]


def test_the_file_s_own_numbers_decide_before_the_reader_s_locale_and_an_answer_before_both() -> None:
    content = b"id;pret\n1;1.050\n2;189,90\n"
    reading = read(content, locale="en")
    assert [one.given["sale_price"] for one in reading.requests] == ["1050", "189.90"]
    assert (reading.note.decimal, reading.note.decimal_by) == (DecimalMark.COMMA, "file")
    assert given(content, decimal=DecimalMark.POINT)[0] == {"sale_price": "1.050"}


def test_what_stays_ambiguous_is_asked() -> None:
    reading = read(b"id;pret\n1;1.050\n")
    assert (reading.note.ambiguous, reading.note.decimal) == (1, None)
    [issue] = reading.requests[0].errors
    assert (issue.code, issue.values["point"], issue.values["comma"]) == ("ambiguous_amount", "1.050", "1050")


def test_more_decimals_than_a_price_has_are_rounded_with_a_note() -> None:
    for content in (b"id;pret\n1;128,634453781\n", workbook(["id", "pret"], [1, 128.634453781])):
        [request] = read(content).requests
        assert (request.given, request.errors, request.doubts) == ({"sale_price": "128.6345"}, (), ())
        cell = request.cells[-1]
        assert (cell.field, cell.value, list(cell.notes)) == ("sale_price", "128.6345", ["rounded"])


def test_a_plus_before_a_stock_is_a_difference_and_a_minus_is_asked_about() -> None:
    plus, minus = read(b"id;stoc\n1;+5\n2;-3\n").requests
    assert plus.given == {"stock_change": "+5"}
    assert [one.code for one in minus.errors] == ["negative_stock"]


def test_only_what_was_touched_since_the_export_is_given() -> None:
    was = "e1:7:121.8400:::200.0000:10:2:1:1"
    content = workbook(
        ["ID ofertă", "Preț fără TVA", "Stoc", "Stare", "exported"],
        [7, 121.84, 10, "Activă", was],
        [7, 121.84, 11, 1, was],
        [8, 121.84, 10, 1, was],
    )
    same, changed, mixed = read(content).requests
    assert (same.given, same.errors) == ({}, ())
    assert (changed.given, changed.exported) == ({"stock": "11"}, {"stock": "10"})
    assert [one.code for one in mixed.errors] == ["row_mixed_up"]


WAS = "e1:7:1714.7793:::200.0000:10:2:1:1"


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        # As a workbook shows them.
        (["1714,78", "121,84"], [{}, {}]),
        (["1.714,78", "121,84"], [{}, {}]),
        (["1714.78", "99.5"], [{}, {"sale_price": "99.5"}]),
        (["1714,79", "121,84"], [{"sale_price": "1714.79"}, {}]),
        (["1714,8", "121,84"], [{"sale_price": "1714.8"}, {}]),
        # As our CSV has them: who writes two decimals there means them.
        (["1714,7793", "121,8400"], [{}, {}]),
        (["1714,78", "121,8400"], [{"sale_price": "1714.78"}, {}]),
    ],
)
def test_a_price_that_was_only_rounded_as_it_is_shown_was_not_touched(
    prices: list[str], expected: list[dict[str, str]]
) -> None:
    other = WAS.replace("7:1714.7793", "8:121.8400")
    rows = "".join(
        f"{emag_id};{price};{was}\n" for emag_id, price, was in zip((7, 8), prices, (WAS, other), strict=True)
    )
    assert given(f"id;pret;exported\n{rows}".encode(), locale="ro") == expected


def test_a_rounded_price_that_somebody_types_into_a_workbook_is_another_price() -> None:
    same, typed = ([7, price, WAS] for price in (1714.7793, 1714.78))
    assert given(workbook(["id", "pret", "exported"], same, typed)) == [{}, {"sale_price": "1714.78"}]


@pytest.mark.parametrize("text", ["", "e1", "e2:7:::::::::", "e1:x::::::::", "e1:7:1", "Valori"])
def test_other_texts_are_no_exported_values(text: str) -> None:
    assert read_exported(text) is None
