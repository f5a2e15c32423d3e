"""What the answer to a save says about each offer, checked against the documentation's words and every odd shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace import SaveResult, errors
from emagsync.marketplace.envelope import HttpAnswer, open_envelope
from emagsync.marketplace.save_answers import Judge, judge_offer_save, judge_product_offer_save

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def judged(judge: Judge, answer: dict[str, Any], ids: list[int], status: int = 200) -> SaveResult:
    http = HttpAnswer(status, {}, orjson.dumps(answer))
    return judge(open_envelope(http, is_write=True, now=NOW, also_refusals=True), ids)


def by_offer(result: SaveResult) -> dict[int, tuple[str, ...]]:
    return {emag_id: (str(one.verdict), *one.words) for emag_id, one in result.verdicts.items()}


def ok(results: Any, **parts: Any) -> dict[str, Any]:
    return {"isError": False, "messages": [], "errors": [], "results": results, **parts}


TAKEN = {"isError": False, "messages": []}
REFUSED = {"isError": True, "messages": ["why"]}


@pytest.mark.parametrize(
    ("results", "verdicts"),
    [
        pytest.param({"5": TAKEN, "7": REFUSED}, {5: ("taken",), 7: ("refused", "why")}, id="as documented"),
        pytest.param([{"id": 5, **TAKEN}, {"id": "7", **REFUSED}], {5: ("taken",), 7: ("refused", "why")}, id="a list"),
        pytest.param(
            [{"5": TAKEN}, {"7": REFUSED}], {5: ("taken",), 7: ("refused", "why")}, id="a list of objects by id"
        ),
        pytest.param(
            {"0": {"id": 7, **REFUSED}, "1": {"id": 5, **TAKEN}},
            {5: ("taken",), 7: ("refused", "why")},
            id="a PHP list with gaps, its places no ids",
        ),
        pytest.param(
            {"5": {"id": 7, **REFUSED}},
            {5: ("unknown",), 7: ("refused", "why")},
            id="the id inside, a place that is like one",
        ),
        pytest.param({"5": [TAKEN], "7": [REFUSED]}, {5: ("taken",), 7: ("refused", "why")}, id="each in a list"),
        pytest.param(
            {"offers": {"5": TAKEN, "7": REFUSED}}, {5: ("taken",), 7: ("refused", "why")}, id="one level down"
        ),
        pytest.param({"5": TAKEN}, {5: ("taken",), 7: ("unknown",)}, id="one is missing"),
        pytest.param({"5": TAKEN, "9": REFUSED}, {5: ("taken",), 7: ("unknown",)}, id="an id that nobody asked about"),
        pytest.param([], {5: ("unknown",), 7: ("unknown",)}, id="an empty list"),
        pytest.param({}, {5: ("unknown",), 7: ("unknown",)}, id="an empty object"),
        pytest.param(None, {5: ("unknown",), 7: ("unknown",)}, id="null"),
        pytest.param("saved", {5: ("unknown",), 7: ("unknown",)}, id="a text"),
        pytest.param([TAKEN, REFUSED], {5: ("unknown",), 7: ("unknown",)}, id="a list without ids: places are no ids"),
        pytest.param([5, 7], {5: ("unknown",), 7: ("unknown",)}, id="a list of ids"),
        pytest.param({"5": None, "7": "no"}, {5: ("unknown",), 7: ("unknown", "no")}, id="no objects"),
        pytest.param(
            {"5": {"messages": ["hm"]}, "7": {}}, {5: ("unknown", "hm"), 7: ("unknown",)}, id="without isError"
        ),
        pytest.param(
            {"5": {"isError": "0"}, "7": {"isError": 1, "messages": "why"}},
            {5: ("taken",), 7: ("refused", "why")},
            id="PHP's booleans",
        ),
        pytest.param(
            {"5": {"isError": None}, "7": {"isError": "maybe", "messages": ["hm"]}},
            {5: ("unknown",), 7: ("unknown", "hm")},
            id="isError that says nothing",
        ),
        pytest.param(
            [{"id": 5, **TAKEN}, {"id": 5, **REFUSED}, {"id": 7, **REFUSED}, {"id": 7, **REFUSED}],
            {5: ("unknown", "why"), 7: ("refused", "why")},
            id="twice, once in contradiction",
        ),
        pytest.param(
            {"5": {"isError": False, "messages": ["The price is checked"]}, "7": {"isError": True}},
            {5: ("taken", "The price is checked"), 7: ("refused",)},
            id="a remark, and a refusal without words",
        ),
        pytest.param(
            {
                "5": {"isError": True, "messages": {"a": ["one", {"field": "stock", "message": "two"}]}},
                "7": {"isError": True, "errors": [{"text": "three"}], "message": "four"},
            },
            {5: ("refused", "one", "stock: two"), 7: ("refused", "four", "three")},
            id="words in every shape",
        ),
    ],
)
def test_offer_save_is_judged_for_each_offer(results: Any, verdicts: dict[int, tuple[str, ...]]) -> None:
    assert by_offer(judged(judge_offer_save, ok(results), [5, 7])) == verdicts


def test_results_that_are_missing_say_nothing_about_any_offer() -> None:
    assert by_offer(judged(judge_offer_save, {"isError": False}, [5])) == {5: ("unknown",)}


def test_messages_outside_are_remarks_of_the_call() -> None:
    result = judged(judge_offer_save, ok({"5": TAKEN}, messages=["Slow today"]), [5])
    assert (by_offer(result), result.remarks) == ({5: ("taken",)}, ("Slow today",))


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_refusal_of_the_whole_call_that_names_nobody_is_an_error(status: int) -> None:
    for results in ([], None, {"9": REFUSED}, {"5": TAKEN}):
        with pytest.raises(errors.WriteRefused) as raised:
            judged(judge_offer_save, ok(results, isError=True, messages=["Invalid data"]), [5, 7], status)
        assert raised.value.messages == ("Invalid data",)


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [
        pytest.param(ok({"7": REFUSED}), {5: ("unknown",), 7: ("refused", "why")}, id="in results"),
        pytest.param(
            ok({"5": TAKEN, "7": REFUSED}), {5: ("taken",), 7: ("refused", "why")}, id="in results, others taken"
        ),
        pytest.param(
            ok([], messages=["bad price - Product id: 7"]),
            {5: ("unknown",), 7: ("refused", "bad price - Product id: 7")},
            id="in words",
        ),
        pytest.param(
            ok([], messages=["Offer 7 not found"]),
            {5: ("unknown",), 7: ("refused", "Offer 7 not found")},
            id="in other words",
        ),
    ],
)
def test_a_refusal_of_the_whole_call_that_names_somebody_is_about_those(
    answer: dict[str, Any], verdicts: dict[int, tuple[str, ...]]
) -> None:
    result = judged(judge_offer_save, answer | {"isError": True}, [5, 7])
    assert (by_offer(result), result.is_whole_refusal) == (verdicts, True)


DOCUMENTATION = "Documentation errors: the main image is too small"
DRAFT = "WARNING: The product was saved as a draft, and you need these fields: EAN. - Product id: 5"
NO_EAN = "4032254753475 is not a valid EAN. - Product id: 7"
HELD = "You already hold a Product associated with this PN:100170833."


@pytest.mark.parametrize(
    ("messages", "verdicts", "remarks"),
    [
        pytest.param([DOCUMENTATION], {5: ("taken",), 7: ("taken",)}, (DOCUMENTATION,), id="documentation"),
        pytest.param([DRAFT], {5: ("taken", DRAFT), 7: ("taken",)}, (), id="a warning about one"),
        pytest.param([NO_EAN], {5: ("taken",), 7: ("refused", NO_EAN)}, (), id="one is refused, the other was saved"),
        pytest.param([DRAFT, NO_EAN], {5: ("taken", DRAFT), 7: ("refused", NO_EAN)}, (), id="a warning and a refusal"),
        pytest.param(
            [DOCUMENTATION, NO_EAN],
            {5: ("taken",), 7: ("refused", NO_EAN)},
            (DOCUMENTATION,),
            id="documentation and a refusal",
        ),
        pytest.param(
            ["Something is wrong", NO_EAN],
            {5: ("unknown",), 7: ("refused", NO_EAN)},
            ("Something is wrong",),
            id="an objection that names nobody, and one that does",
        ),
        pytest.param(
            [f"{HELD} - Product id: 7"],
            {5: ("unknown",), 7: ("refused", f"{HELD} - Product id: 7")},
            (),
            id="a product that is held already, named",
        ),
        pytest.param(
            ["bad - Product id: 5", "bad - Product id: 7"],
            {5: ("refused", "bad - Product id: 5"), 7: ("refused", "bad - Product id: 7")},
            (),
            id="all are refused",
        ),
    ],
)
def test_product_offer_save_can_refuse_part_of_a_list(
    messages: list[str], verdicts: dict[int, tuple[str, ...]], remarks: tuple[str, ...]
) -> None:
    result = judged(judge_product_offer_save, ok([], isError=True, messages=messages), [5, 7])
    assert (by_offer(result), result.remarks) == (verdicts, remarks)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param(["Maximum input vars of 4000 exceeded"], id="too large"),
        pytest.param(["Maximum input vars of 4000 exceeded", DRAFT], id="too large, and a warning"),
        pytest.param([HELD], id="a product that is held already"),
        pytest.param([f"{HELD} (documentation)"], id="the same, with a word of documentation"),
        pytest.param(["sale_price must be greater than 0"], id="anything else"),
        pytest.param(["sale_price must be greater than 0", DRAFT], id="anything else, and a warning about one"),
        pytest.param(["sale_price is wrong - Product id: 99"], id="an offer that was not sent"),
        pytest.param([], id="no words"),
    ],
)
def test_product_offer_save_may_save_nothing(messages: list[str]) -> None:
    with pytest.raises(errors.WriteRefused) as raised:
        judged(judge_product_offer_save, ok([], isError=True, messages=messages), [5, 7])
    assert raised.value.messages == tuple(messages)


def test_product_offer_save_that_succeeds_has_taken_all() -> None:
    for results in ([], None, {"5": "text"}, [{"id": 5, "name": "Cup"}]):
        result = judged(judge_product_offer_save, ok(results, messages=[DRAFT, "Hello"]), [5, 7])
        assert (by_offer(result), result.remarks) == ({5: ("taken", DRAFT), 7: ("taken",)}, ("Hello",))
    both = judged(judge_product_offer_save, ok({"7": REFUSED}), [5, 7])
    assert by_offer(both) == {5: ("taken",), 7: ("refused", "why")}


def test_every_refusal_of_a_full_list_is_heard() -> None:
    messages = [f"bad price {place} - Product id: {emag_id}" for emag_id in range(1, 51) for place in range(3)]
    result = judged(judge_product_offer_save, ok([], isError=True, messages=messages), list(range(1, 51)))
    assert [len(words) for words in result.refused.values()] == [3] * 50


# Whatever comes

IDS = [3, 5, 7, 11]
text = st.text(st.characters(codec="utf-8"), max_size=12)
scalar = st.none() | st.booleans() | st.integers(-2, 12) | st.floats(allow_nan=False, allow_infinity=False) | text
word = st.sampled_from(["why", "bad price", "Product id: 5", "no, Product id: 7", "stock in site", DOCUMENTATION])
verdict = st.fixed_dictionaries(
    {"isError": st.booleans() | scalar, "messages": st.lists(word | scalar, max_size=3) | scalar},
    optional={"id": st.sampled_from([*IDS, 99]) | scalar},
)
odd = st.recursive(
    scalar | verdict,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*map(str, IDS), "99", "0", "id", "messages", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
answers = st.fixed_dictionaries(
    {"isError": st.booleans(), "results": odd}, optional={"messages": st.lists(word, max_size=3) | odd, "errors": odd}
)


@given(answer=answers, judge=st.sampled_from([judge_offer_save, judge_product_offer_save]))
def test_whatever_the_answer_each_offer_has_one_verdict(answer: dict[str, Any], judge: Judge) -> None:
    try:
        result = judged(judge, answer, IDS)
    except errors.WriteRefused:
        assert answer["isError"]
        return
    assert list(result.verdicts) == IDS
    assert sorted([*result.taken, *result.refused, *result.unknown]) == IDS
    assert all(isinstance(word, str) and word for one in result.verdicts.values() for word in one.words)
    assert not answer["isError"] or judge is judge_product_offer_save or result.refused


@given(
    said=st.dictionaries(
        st.sampled_from([*IDS, 99]), st.tuples(st.sampled_from([True, False, None]), st.lists(word, max_size=3))
    ),
    as_list=st.booleans(),
)
def test_what_is_said_plainly_arrives_whatever_the_mix(
    said: dict[int, tuple[bool | None, list[str]]], as_list: bool
) -> None:
    """Taken, refused, without a verdict, missing, unknown ids; an object or a list."""
    entries = {
        emag_id: {"messages": words} if is_error is None else {"isError": is_error, "messages": words}
        for emag_id, (is_error, words) in said.items()
    }
    listed = [{"id": emag_id, **one} for emag_id, one in entries.items()]
    results = listed if as_list else {str(emag_id): one for emag_id, one in entries.items()}
    result = judged(judge_offer_save, ok(results), IDS)
    for emag_id in IDS:
        is_error, words = said.get(emag_id, (None, []))
        wanted = {True: "refused", False: "taken", None: "unknown"}[is_error]
        assert by_offer(result)[emag_id] == (wanted, *dict.fromkeys(words))
