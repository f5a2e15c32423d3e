"""Whatever eMAG answers to a save, and whatever it did: what it shows decides what is called applied, its refusals keep
their words, and each offer of the batch ends in one state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emagsync.edits.push.outbox import Lines
from emagsync.edits.reasons import Reason
from emagsync.edits.states import FINAL_STATES, OutboxState
from emagsync.sandbox import resources
from emagsync.sandbox.answers import Answer
from emagsync.sandbox.codec import encode
from emagsync.sandbox.entities import bare_entities
from emagsync.sandbox.request import ApiRequest
from support.clocks import ForwardClock
from support.examples import examples
from support.patience import PATIENCE_SECONDS
from support.pushing import PushDesk, open_push_desk

IDS: Final = (1, 2, 3, 4, 5, 6)
SAVE: Final = ("POST", "offer/save")
PRICES: Final = ("110.0000", "120.0000")

word = st.sampled_from(["Computer says no", "sale_price is too high", "stock in site", "Product id: 3", "nu se poate"])
words = st.lists(word, max_size=3, unique=True)
scalar = st.none() | st.booleans() | st.integers(-2, 9) | word
odd = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "1", "x", "messages"]), inner),
    max_leaves=6,
)


class Fate(NamedTuple):
    """What eMAG says about one offer of a save, `says` None: nothing; and whether it `made` the change."""

    says: dict[str, Any] | None
    made: bool

    @property
    def is_refusal(self) -> bool:
        return self.says is not None and self.says.get("isError") is True

    @property
    def is_plainly_taken(self) -> bool:
        told = self.says if self.says is not None and self.says.keys() == {"isError", "messages"} else {}
        messages = told.get("messages")
        return (
            told.get("isError") is False
            and isinstance(messages, list)
            and all(isinstance(one, str) for one in messages)
            and len(set(messages)) == len(messages)
        )


says = st.one_of(
    st.builds(lambda told: {"isError": False, "messages": told}, words),
    st.builds(lambda told: {"isError": True, "messages": told}, words),
    st.none(),
    st.dictionaries(st.sampled_from(["isError", "messages", "errors"]), odd).filter(
        lambda one: str(one.get("isError")).casefold() not in ("true", "1")  # that is a refusal, spelled oddly
    ),
)
fates = st.fixed_dictionaries({emag_id: st.builds(Fate, says, st.booleans()) for emag_id in IDS})


class Scenario(NamedTuple):
    """One answer: the fates of the offers, in a list or an object, with ids nobody asked about; `whole` is a refusal of
    the whole call, which made nothing, in these words."""

    fates: dict[int, Fate]
    as_list: bool
    strangers: dict[int, Any]
    whole: list[str] | None

    def body(self) -> bytes:
        spoken: dict[int, Any] = {emag_id: fate.says for emag_id, fate in self.fates.items() if fate.says is not None}
        spoken |= self.strangers
        results = (
            [{"id": emag_id, **said} if isinstance(said, dict) else said for emag_id, said in spoken.items()]
            if self.as_list
            else {str(emag_id): said for emag_id, said in spoken.items()}
        )
        if self.whole is not None:
            return encode({"isError": True, "messages": self.whole, "errors": [], "results": []})
        return encode({"isError": False, "messages": [], "errors": [], "results": results})


strangers = st.dictionaries(st.integers(900, 905), st.builds(dict, isError=st.booleans()) | odd, max_size=2)
whole = st.none() | st.none() | st.none() | words.filter(lambda told: "Product id: 3" not in told)
scenarios = st.builds(Scenario, fates, st.booleans(), strangers, whole)


class Saves:
    """`offer/save` of the sandbox: the first answers as the scenario has it, those after it as eMAG should."""

    def __init__(self, honest: Callable[[ApiRequest], Answer]) -> None:
        self._honest = honest
        self.scenario: Scenario | None = None
        self.sent: list[set[int]] = []

    def __call__(self, request: ApiRequest) -> Answer:
        ids = {int(entity["id"]) for entity in bare_entities(request.content)}
        self.sent.append(ids)
        scenario, self.scenario = self.scenario, None
        if scenario is None:
            return self._honest(request)
        for entity in request.content:
            if scenario.whole is None and scenario.fates[entity["id"]].made:
                row = request.account.catalogue.build(entity["id"])
                request.account.catalogue.put(entity["id"], row | {"sale_price": entity["sale_price"]})
        return Answer(scenario.body())


async def _pushed(desk: PushDesk, clock: ForwardClock) -> None:
    """Push until no entry is on its way. On a busy machine a push may lose patience before it has read them back."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await desk.service.push_account("main", trigger="test") or any(
            entry.state in (OutboxState.SENDING, OutboxState.UNCERTAIN) for entry in await desk.entries()
        ):
            clock.forward(seconds=1)


async def _play(desk: PushDesk, clock: ForwardClock, saves: Saves, scenario: Scenario) -> None:
    before = {emag_id: desk.shown(emag_id, "sale_price") for emag_id in IDS}
    target = {emag_id: PRICES[before[emag_id] == PRICES[0]] for emag_id in IDS}
    known = {edit.id for edit in await desk.edits()}
    await desk.edit_many([(emag_id, "sale_price", target[emag_id]) for emag_id in IDS])
    saves.scenario, saves.sent = scenario, []
    await _pushed(desk, clock)
    edits = {edit.emag_id: edit for edit in await desk.edits() if edit.id not in known}
    newest = {entry.emag_id: entry for entry in await desk.entries()}
    assert set(edits) == set(IDS)
    for emag_id in IDS:
        entry, edit = newest[emag_id], edits[emag_id]
        fate = scenario.fates[emag_id] if scenario.whole is None else Fate(None, False)
        waits = entry.state is OutboxState.PENDING and entry.waits_for_campaign
        assert waits or entry.state in FINAL_STATES, entry
        assert (entry.state is OutboxState.APPLIED) == (edit.state == "applied")
        assert (entry.state is OutboxState.REJECTED) == (edit.state == "rejected")
        if edit.state == "applied":
            assert desk.shown(emag_id, "sale_price") == target[emag_id]
        if fate.made and fate.is_plainly_taken:
            assert edit.remarks == ("; ".join((fate.says or {})["messages"]) or None)
        if fate.is_refusal:
            _refusal_arrived(Reason.refusal((fate.says or {})["messages"]), edit.reason, waits=waits)
            assert sum(emag_id in sent for sent in saves.sent) == 1
        elif scenario.whole is None:
            assert edit.state == "applied"
    # What eMAG refused and made all the same is nobody's to know before the next sync.
    for emag_id in IDS:
        if edits[emag_id].state != "applied":
            desk.market.change("change", ids=[emag_id], set={"sale_price": before[emag_id]})
    await desk.service.reject(Lines(account="main"), by="ana")


def _refusal_arrived(said: Reason, kept: Reason | None, *, waits: bool) -> None:
    assert kept is not None
    assert kept.code is said.code
    assert kept.values.get("message") == said.values.get("message")
    assert waits == said.is_campaign


@pytest.mark.thorough
@pytest.mark.databases("sqlite")
def test_whatever_the_answer_what_emag_shows_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saves = Saves(resources.ROUTES[SAVE])
    monkeypatch.setitem(resources.ROUTES, SAVE, saves)
    calm = {"readback_seconds": 0.02, "fresh_seconds": 86_400}
    clock = ForwardClock()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        desk = runner.run(stack.enter_async_context(open_push_desk(tmp_path, 8, edits=calm, clock=clock)))

        @settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(scenario=scenarios)
        def plays(scenario: Scenario) -> None:
            runner.run(_play(desk, clock, saves, scenario))

        try:
            plays()
        finally:
            runner.run(stack.aclose())
