"""Callers rely on the status of each error: it belongs to the error's class and stays as it is."""

from __future__ import annotations

import pytest

from emagsync.core.errors import ConfigurationError, EmagsyncError, SettingsError
from emagsync.core.public_addresses import AddressRefused
from emagsync.db.errors import ConstraintViolated, DatabaseTooNew, DatabaseUnavailable
from emagsync.db.history import OtherHistory
from emagsync.edits import errors as edits
from emagsync.edits.push import errors as push
from emagsync.edits.validation import Issue
from emagsync.identity import errors as identity
from emagsync.offers import errors as offers
from emagsync.rest.problems import problem_of
from emagsync.sync import errors as sync
from emagsync.sync.schedule.scheduler import ScheduleNotFound
from emagsync.webhooks import errors as webhooks

OFFER = {"account": "main", "emag_id": 1, "id": 1, "part_number": "A", "name": None}
PRICE = Issue("price", "too_low", "It is too low.")


END = offers.FeedPlace(8, "5f1c09a2be37-8-9d0c11aa")


@pytest.mark.parametrize(
    ("error", "status", "members", "headers"),
    [
        pytest.param(error, status, members, headers, id=type(error).__name__)
        for error, status, members, headers in (
            (ConfigurationError("x"), 400, {}, {}),
            (SettingsError("x"), 400, {}, {}),
            (DatabaseUnavailable("x"), 503, {}, {}),
            (DatabaseTooNew("x"), 503, {}, {}),
            (ConstraintViolated("x"), 409, {}, {}),
            (identity.InvalidCredentials(), 401, {}, {"WWW-Authenticate": 'Bearer realm="emagsync"'}),
            (identity.LoginSlowedDown(7), 429, {"retry_after": 7}, {"Retry-After": "7"}),
            (identity.WrongPassword(), 403, {}, {}),
            (identity.NotAUser(), 403, {}, {}),
            (identity.WeakPassword("x"), 422, {}, {}),
            (identity.UnusableName("x"), 422, {}, {}),
            (identity.UserNotFound(1), 404, {}, {}),
            (identity.TokenNotFound(1), 404, {}, {}),
            (identity.UsernameTaken("x"), 409, {}, {}),
            (identity.LastAdmin(), 409, {}, {}),
            (offers.OfferNotFound("main", 1), 404, {}, {}),
            (offers.NoOfferWithCode("ean", "1"), 404, {}, {}),
            (offers.SeveralOffers("ean", "1", [OFFER, OFFER]), 409, {"matches": [OFFER, OFFER]}, {}),
            (offers.ProductNotFound(1), 404, {}, {}),
            (offers.ExportFailed("x"), 400, {}, {}),
            (offers.ExportsBusy(1), 429, {}, {}),
            (offers.AfterTheEnd(9, END), 409, END.members(), {}),
            (offers.FeedOfAnotherHistory(END), 409, END.members(), {}),
            (OtherHistory("x"), 409, {}, {}),
            (edits.VersionChanged("main", 1, "v2"), 412, {"version": "v2"}, {}),
            (edits.EditNotFound(1), 404, {}, {}),
            (edits.ConflictNotFound(1), 404, {}, {}),
            (edits.EditOver(1, "sent"), 409, {}, {}),
            (edits.EditUnderway(1), 409, {}, {}),
            (edits.ConflictOver(1, "ours"), 409, {}, {}),
            (edits.PreviewOutdated(), 409, {}, {}),
            (edits.SelectionTooLarge(5), 422, {}, {}),
            (edits.CurrencyNeeded(["EUR", "RON"]), 422, {"currencies": ["EUR", "RON"]}, {}),
            (
                edits.FileUnreadable("too_many_rows", most=5),
                422,
                {"reason": "too_many_rows", "values": {"most": 5}},
                {},
            ),
            (edits.FilesBusy(), 503, {}, {}),
            (push.PushNotFound("p"), 404, {}, {}),
            (push.HoldNotFound(1), 404, {}, {}),
            (push.PushBusy("main"), 409, {}, {}),
            (push.PushOff("main"), 409, {}, {}),
            (push.HoldDecided(1, "released"), 409, {}, {}),
            (push.NothingToUndo(), 409, {}, {}),
            (
                sync.AccountBusy("main", "r"),
                409,
                {"run_id": "r", "account": "main", "account_type": "main", "busy": {"main": "r"}},
                {},
            ),
            (sync.RunNotFound("r"), 404, {}, {}),
            (sync.RunNotActive("r", "failed"), 409, {"run_id": "r"}, {}),
            (sync.RunStillActive("r", "running"), 409, {"run_id": "r"}, {}),
            (sync.NothingToRetry("r"), 409, {"run_id": "r"}, {}),
            (sync.BrokerAway("x"), 503, {}, {}),
            (ScheduleNotFound("x"), 404, {}, {}),
            (webhooks.WebhookNotFound("w"), 404, {}, {}),
            (webhooks.WebhookFromSettings(), 409, {}, {}),
        )
    ],
)
def test_an_error_is_answered_with_its_own_status_members_and_headers(
    error: EmagsyncError, status: int, members: dict[str, object], headers: dict[str, str]
) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.problem_code) == (status, error.code)
    assert problem.extra == members
    # Whoever comes too early is told how long to wait, always.
    waits = {429: {"Retry-After": "2"}, 503: {"Retry-After": "5"}}
    assert problem.headers == waits.get(status, {}) | headers


@pytest.mark.parametrize(
    ("error", "field", "code"),
    [
        pytest.param(edits.EditRefused("No.", [PRICE]), "price", "too_low", id="EditRefused"),
        pytest.param(edits.ConfirmationNeeded("Sure?", [PRICE]), "price", "too_low", id="ConfirmationNeeded"),
        pytest.param(AddressRefused("It is private."), "url", "address_refused", id="AddressRefused"),
    ],
)
def test_a_refused_value_is_named(error: EmagsyncError, field: str, code: str) -> None:
    problem = problem_of(error)
    assert problem.status == 422
    assert [(one.field, one.code) for one in problem.errors] == [(field, code)]


@pytest.mark.parametrize("error", [DatabaseUnavailable("/var/lib/x.sqlite3"), ConstraintViolated("users.username")])
def test_what_the_database_said_is_not_shown(error: EmagsyncError) -> None:
    shown = str(problem_of(error))
    assert shown
    assert str(error) not in shown
