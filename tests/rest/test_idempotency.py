"""`Idempotency-Key`: what a program sends again does nothing again, whichever process gets it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import select, update
from starlette.responses import Response

from emagsync.entrypoints.api.keyless import KEYLESS
from emagsync.identity.tables import api_tokens
from emagsync.rest import idempotency_keys as idempotency_keys_module
from emagsync.rest import idempotency_repository
from emagsync.rest.auth import Operator
from emagsync.rest.bodies import read_raw, read_upload
from emagsync.rest.idempotency import IdempotencyMiddleware
from emagsync.rest.middleware import BodyLimitMiddleware
from emagsync.rest.openapi import operations
from emagsync.rest.problem_handlers import UnexpectedErrorMiddleware, install_problem_handlers
from emagsync.rest.problems import ApiProblem
from emagsync.rest.tables import idempotency_keys
from offers.offer_rows import statements_of
from support.api import Api, open_api
from support.clocks import ForwardClock
from support.databases import address_in
from support.document import openapi_document
from support.local import until

pytestmark = pytest.mark.databases("both", often="sqlite")

MOST_BYTES = 300_000
REPLAYED = "idempotency-replayed"
TOKENS = "/api/v1/tokens"


class Desk:
    """Routes that count how often they did something, beside a server whose callers, database and clock they use."""

    def __init__(self, api: Api, clock: ForwardClock) -> None:
        self.api = api
        self.clock = clock
        self.done: Counter[str] = Counter()
        self.statuses: list[int] = []  # the next answers of `/answer`
        self.may_end = asyncio.Event()
        self.app = self._new_app()

    def _new_app(self) -> FastAPI:
        router = APIRouter()

        @router.post("/answer")
        async def answer(_: Operator) -> Response:
            self.done["answer"] += 1
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 500:
                raise RuntimeError("unexpected")
            if status >= 400:
                raise ApiProblem(status, "refused", f"refused {self.done['answer']}")
            return Response(f"answer {self.done['answer']}", status, headers={"Location": "/x", "X-Other": "y"})

        @router.post("/wait")
        async def wait(_: Operator) -> int:
            self.done["wait"] += 1
            await self.may_end.wait()
            return self.done["wait"]

        @router.post("/file")
        async def file(request: Request, _: Operator) -> int:
            content = await read_raw(request)
            self.done["file"] += 1
            return len(content)

        @router.post("/form")
        async def form(request: Request, _: Operator) -> int:
            upload = await read_upload(request, "file", most_fields=1)
            self.done["form"] += 1
            return len(upload.content)

        app = FastAPI()
        app.state.emagsync = self.api.state
        install_problem_handlers(app)
        app.include_router(router)
        app.add_middleware(IdempotencyMiddleware, routes=router.routes, keyless=())
        app.add_middleware(BodyLimitMiddleware, max_bytes=MOST_BYTES)
        app.add_middleware(UnexpectedErrorMiddleware)
        return app

    async def post(self, path: str, key: str | None = "k", *, caller: str = "operator", **options: Any) -> Any:
        """POST as this caller, with the key, if any."""
        headers = dict(getattr(self.api, caller).headers) | ({"Idempotency-Key": key} if key is not None else {})
        headers |= options.pop("headers", {})
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, headers=headers, **options)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = ForwardClock()
    async with open_api(tmp_path, clock=clock) as api:
        yield Desk(api, clock)


def is_replay(answer: httpx2.Response) -> bool:
    return answer.headers.get(REPLAYED) == "true"


async def test_what_is_sent_again_with_its_key_is_answered_as_before_and_does_nothing(desk: Desk) -> None:
    first, again = await desk.post("/answer"), await desk.post("/answer")
    assert (first.status_code, first.text, is_replay(first)) == (200, "answer 1", False)
    assert (again.status_code, again.text, is_replay(again)) == (200, "answer 1", True)
    assert (again.headers["location"], "x-other" in again.headers) == ("/x", False)
    assert desk.done["answer"] == 1


async def test_without_a_key_or_with_another_one_it_is_done_again(desk: Desk) -> None:
    answers = [await desk.post("/answer", key) for key in (None, None, "a", "b")]
    assert [answer.text for answer in answers] == ["answer 1", "answer 2", "answer 3", "answer 4"]


async def test_a_key_is_one_callers(desk: Desk) -> None:
    answers = [await desk.post("/answer", caller=caller) for caller in ("operator", "admin", "operator", "admin")]
    assert [answer.text for answer in answers] == ["answer 1", "answer 2", "answer 1", "answer 2"]


async def test_a_key_may_stand_in_quotes(desk: Desk) -> None:
    await desk.post("/answer", '"8e03978e"')
    assert is_replay(await desk.post("/answer", "8e03978e"))


async def test_what_is_no_key_is_refused_and_nothing_is_done(desk: Desk) -> None:
    for key in ("", '""', "x" * 256, "a\tb", "ș".encode()):
        answer = await desk.post("/answer", key)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key"), key
    assert not desk.done


async def test_another_request_with_the_same_key_is_refused(desk: Desk) -> None:
    await desk.post("/file", content=b"body")
    for path, other in (
        ("/answer", {"content": b"body"}),
        ("/file", {"content": b"other"}),
        ("/file", {"content": b"body", "params": {"x": "1"}}),
        ("/file", {"content": b"body", "headers": {"Content-Type": "text/csv"}}),
    ):
        refused = await desk.post(path, **other)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused"), other
    assert desk.done == {"file": 1}
    assert is_replay(await desk.post("/file", content=b"body"))


async def test_a_request_that_is_still_being_handled_is_not_handled_twice(desk: Desk) -> None:
    first = asyncio.ensure_future(desk.post("/wait"))
    await until(lambda: desk.done["wait"] == 1)
    early = await desk.post("/wait")
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_in_progress")
    assert int(early.headers["retry-after"]) > 0
    desk.may_end.set()
    assert (await first).json() == 1
    late = await desk.post("/wait")
    assert (late.json(), is_replay(late), desk.done["wait"]) == (1, True, 1)


@pytest.mark.databases("both")
async def test_many_at_once_have_one_effect(desk: Desk) -> None:
    desk.may_end.set()
    answers = await asyncio.gather(*(desk.post("/wait") for _ in range(12)))
    assert desk.done["wait"] == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert [answer.status_code == 200 and not is_replay(answer) for answer in answers].count(True) == 1


async def test_what_failed_may_be_tried_again(desk: Desk) -> None:
    desk.statuses = [500, 503]
    answers = [await desk.post("/answer") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [500, 503, 200, 200]
    assert ([is_replay(answer) for answer in answers], desk.done["answer"]) == ([False, False, False, True], 3)


async def test_a_refusal_of_the_caller_or_the_moment_is_not_kept(desk: Desk) -> None:
    desk.statuses = [401, 403, 408, 409, 413, 429]
    answers = [await desk.post("/answer") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401, 403, 408, 409, 413, 429, 200]


async def test_a_refusal_of_the_request_is_kept(desk: Desk) -> None:
    for status in (400, 404, 422):
        desk.statuses = [status]
        first, again = [await desk.post("/answer", str(status)) for _ in range(2)]
        assert (again.status_code, again.json(), is_replay(again)) == (status, first.json(), True)
        assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.databases("both")
async def test_an_answer_is_kept_for_a_day(desk: Desk) -> None:
    await desk.post("/answer")
    desk.clock.forward(hours=23, minutes=59)
    assert is_replay(await desk.post("/answer"))
    desk.clock.forward(minutes=2)
    assert (await desk.post("/answer")).text == "answer 2"


async def test_a_request_whose_server_died_is_not_handled_again(desk: Desk) -> None:
    """Nobody knows how far it got: a relative change or an undo would be made twice."""
    await desk.post("/answer")
    await forget_answers(desk.api)
    desk.clock.forward(seconds=80)
    assert (await desk.post("/answer")).json()["code"] == "idempotency_in_progress"
    desk.clock.forward(seconds=20)
    lost = await desk.post("/answer")
    assert (lost.status_code, lost.json()["code"]) == (409, "idempotency_outcome_unknown")
    assert desk.done["answer"] == 1
    assert (await desk.post("/answer", "another")).text == "answer 2"


async def forget_answers(api: Api) -> None:
    """The table as a server leaves it that is killed while it handles requests."""
    async with api.state.database.transaction() as connection:
        await connection.execute(update(idempotency_keys).values(status=None, answer=None))


async def test_a_file_is_compared_without_being_kept(desk: Desk) -> None:
    content = b"sku;stock\n" * 20_000
    first, again = [await desk.post("/file", content=content) for _ in range(2)]
    assert (first.json(), again.json(), is_replay(again), desk.done["file"]) == (200_000, 200_000, True, 1)
    [row] = await desk.api.rows("SELECT answer FROM idempotency_keys")
    assert len(row["answer"]) < 1_000


async def test_a_form_is_the_same_whatever_stands_between_its_parts(desk: Desk) -> None:
    def form(content: bytes, boundary: str) -> dict[str, Any]:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'.encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return {"content": head + content + f"\r\n--{boundary}--\r\n".encode(), "headers": {"Content-Type": kind}}

    for size in (10, 100_000):
        key = str(size)
        await desk.post("/form", key, **form(b"a" * size, "0123456789abcdef"))
        assert is_replay(await desk.post("/form", key, **form(b"a" * size, "ffffffffffffffff")))
        assert (await desk.post("/form", key, **form(b"b" * size, "0123456789abcdef"))).status_code == 422
    assert desk.done["form"] == 2


async def test_a_body_that_is_too_large_is_refused_with_a_known_key_too(desk: Desk) -> None:
    async def chunks() -> AsyncIterator[bytes]:  # without a length that would be refused before it is read
        for _ in range(4):
            yield b"x" * (MOST_BYTES // 2)

    assert (await desk.post("/file", content=chunks())).status_code == 413
    assert (await desk.post("/file", content=b"small")).json() == 5
    assert (await desk.post("/file", content=chunks())).status_code == 413
    assert is_replay(await desk.post("/file", content=b"small"))


async def test_whoever_may_not_call_any_more_is_told_nothing(desk: Desk) -> None:
    await desk.post("/answer")
    async with desk.api.state.database.transaction() as connection:
        await connection.execute(update(api_tokens).where(api_tokens.c.role == "operator").values(role="viewer"))
    refused = await desk.post("/answer")
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_small")
    stranger = await desk.post("/answer", caller="stranger")
    assert (stranger.status_code, stranger.headers["www-authenticate"][:6]) == (401, "Bearer")


async def test_an_answer_that_another_key_sealed_is_not_made_up(desk: Desk) -> None:
    await desk.post("/answer")
    async with desk.api.state.database.transaction() as connection:
        await connection.execute(update(idempotency_keys).values(answer="gAAAA"))
    answer = await desk.post("/answer")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_answer_unreadable")
    assert (answer.json()["answered"], desk.done["answer"]) == (200, 1)


async def test_a_secret_that_is_shown_once_is_kept_sealed(desk: Desk) -> None:
    body = {"name": "price tool", "role": "viewer"}
    first, again = [await desk.api.admin.post(TOKENS, json=body, headers={"Idempotency-Key": "t"}) for _ in range(2)]
    assert (first.status_code, again.status_code, is_replay(again)) == (201, 201, True)
    assert first.json()["token"] == again.json()["token"]
    [row] = await desk.api.rows("SELECT * FROM idempotency_keys")
    assert first.json()["token"] not in str(row)
    # Nor a digest that could be compared with guesses, for other requests have passwords in them.
    assert not re.search(r"[0-9a-f]{40,}", str(row))
    assert len(await desk.api.rows("SELECT 1 FROM api_tokens WHERE name = 'price tool'")) == 1


@asynccontextmanager
async def two_servers(folder: Path) -> AsyncIterator[tuple[Api, Api]]:
    async with open_api(folder) as first, open_api(folder, database_url=address_in(folder)) as second:
        yield first, second


@pytest.mark.databases("both")
async def test_two_servers_of_a_database_handle_a_request_once(tmp_path: Path) -> None:
    async with two_servers(tmp_path) as (first, second):
        headers = {"Idempotency-Key": "once", "Authorization": first.admin.headers["Authorization"]}
        body = {"name": "one of many", "role": "viewer"}
        answers = await asyncio.gather(
            *(api.stranger.post(TOKENS, json=body, headers=headers) for _ in range(6) for api in (first, second))
        )
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len(await first.rows("SELECT 1 FROM api_tokens WHERE name = 'one of many'")) == 1
        [made] = {answer.json()["token"] for answer in answers if answer.status_code == 201}
        for api in (first, second):
            again = await api.stranger.post(TOKENS, json=body, headers=headers)
            assert (is_replay(again), again.json()["token"]) == (True, made)


def posts() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every POST operation of the document, with its path."""
    return {
        operation["operationId"]: (path, operation)
        for path, method, operation in operations(openapi_document())
        if method == "post"
    }


@pytest.mark.databases("sqlite", "no SQL of its own")
async def test_every_post_heeds_a_key_or_is_on_the_list_of_those_that_need_none(desk: Desk) -> None:
    """A key that is none is refused before anything else is looked at: that is how a route shows that it looks."""
    assert set(posts()) >= set(KEYLESS)
    for name, (path, operation) in posts().items():
        address = re.sub(r"{\w+}", "1", path)
        answer = await desk.api.admin.post(address, headers={"Idempotency-Key": "x" * 300})
        codes = [error["code"] for error in answer.json().get("errors", [])] if answer.content else []
        assert ("bad_key" in codes) == (name not in KEYLESS), (name, answer.text)
        described = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
        assert ("Idempotency-Key" in described) == (name not in KEYLESS), name
        assert name in KEYLESS or "409" in operation["responses"], name


@pytest.mark.databases("both")
async def test_old_keys_are_swept(desk: Desk) -> None:
    await desk.post("/answer", "old")
    desk.clock.forward(hours=25)
    await desk.post("/answer", "new")
    await desk.api.services.scheduler.do("prune")
    async with desk.api.state.database.snapshot() as connection:
        assert (await connection.scalars(select(idempotency_keys.c.key))).all() == ["new"]


MOST = 6


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller may have six keys, counted with each request."""
    monkeypatch.setattr(idempotency_keys_module, "MOST_KEYS", MOST)
    monkeypatch.setattr(idempotency_keys_module, "COUNTED_EVERY", 0)
    monkeypatch.setattr(idempotency_keys_module, "_FORGOTTEN_AT_ONCE", 2)


async def keys_of(desk: Desk) -> set[tuple[str, bool]]:
    """The keys that are kept, and whether each was answered."""
    async with desk.api.state.database.snapshot() as connection:
        rows = await connection.execute(select(idempotency_keys.c.key, idempotency_keys.c.status))
        return {(row.key, row.status is not None) for row in rows}


@pytest.mark.databases("both")
@pytest.mark.usefixtures("few")
async def test_the_oldest_answers_make_room_for_new_keys(desk: Desk) -> None:
    """Whoever works all day is refused nothing, and what it sent within the hour is replayed."""
    for number in range(20):
        assert (await desk.post("/answer", f"k{number}")).status_code == 200
        assert is_replay(await desk.post("/answer", f"k{number}"))
        assert len(await keys_of(desk)) <= MOST
        desk.clock.forward(minutes=20)
    kept = {key for key, _ in await keys_of(desk)}
    assert {"k17", "k18", "k19"} <= kept
    assert "k13" not in kept
    assert desk.done["answer"] == 20


@pytest.mark.databases("both")
@pytest.mark.usefixtures("few")
async def test_who_uses_all_keys_within_the_hour_is_asked_to_wait_until_the_first_is_an_hour_old(desk: Desk) -> None:
    for number in range(MOST):
        await desk.post("/answer", f"k{number}")
        desk.clock.forward(minutes=1)
    refused = await desk.post("/answer", "one more")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_idempotency_keys")
    assert desk.done["answer"] == MOST
    # It was not kept: the key is free. What was answered is answered, and others are not concerned.
    assert ("one more", False) not in await keys_of(desk)
    assert is_replay(await desk.post("/answer", "k0"))
    assert (await desk.post("/answer", "one more", caller="admin")).status_code == 200
    assert (await desk.post("/answer", None)).status_code == 200
    wait = int(refused.headers["retry-after"])
    desk.clock.forward(seconds=wait - 1)
    assert (await desk.post("/answer", "one more")).status_code == 429
    desk.clock.forward(seconds=2)
    assert (await desk.post("/answer", "one more")).status_code == 200


@pytest.mark.usefixtures("few")
async def test_what_has_no_answer_is_never_forgotten(desk: Desk) -> None:
    """Who knows what came of it: if its key were free, it would be done twice."""
    for number in range(MOST):
        await desk.post("/answer", f"k{number}")
    await forget_answers(desk.api)
    desk.clock.forward(hours=2)
    refused = await desk.post("/answer", "one more")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert await keys_of(desk) == {(f"k{number}", False) for number in range(MOST)}
    assert (await desk.post("/answer", "k0")).json()["code"] == "idempotency_outcome_unknown"


@pytest.mark.databases("both")
async def test_many_new_keys_at_once_do_not_hinder_each_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """They forget the same oldest ones."""
    monkeypatch.setattr(idempotency_keys_module, "MOST_KEYS", MOST)
    monkeypatch.setattr(idempotency_keys_module, "COUNTED_EVERY", 0)
    for number in range(MOST):
        await desk.post("/answer", f"old{number}")
    desk.clock.forward(hours=2)
    answers = await asyncio.gather(*(desk.post("/answer", f"new{number}") for number in range(MOST)))
    assert {answer.status_code for answer in answers} == {200}
    kept = {key for key, _ in await keys_of(desk)}
    assert {f"new{number}" for number in range(MOST)} <= kept


@pytest.mark.databases("postgresql", "SQLite has one writer at a time")
@pytest.mark.usefixtures("few")
async def test_a_new_key_is_taken_while_another_call_forgets_the_oldest(desk: Desk) -> None:
    for number in range(MOST):
        await desk.post("/answer", f"old{number}")
    desk.clock.forward(hours=2)
    database = desk.api.state.database
    async with database.transaction() as connection:
        owner = await connection.scalar(select(idempotency_keys.c.owner).limit(1))
        before = desk.clock.now() - idempotency_keys_module.SURELY_KEPT
        forgotten = await idempotency_repository.forget_oldest(connection, owner, most=MOST, before=before)
        assert forgotten == MOST
        assert (await desk.post("/answer", "new")).status_code == 200
    assert await keys_of(desk) == {("new", True)}


async def test_keys_are_counted_now_and_then(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency_keys_module, "COUNTED_EVERY", 4)
    with statements_of(desk.api.state.database) as said:
        for number in range(10):
            await desk.post("/answer", f"k{number}")
    assert sum("count(*)" in one and "idempotency_keys" in one for one in said) == 2
