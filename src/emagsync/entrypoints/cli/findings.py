"""What `emagsync db check` and `emagsync doctor` find, and how they say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from emagsync.accounts.stored import unreadable_passwords
from emagsync.db.checks import Finding
from emagsync.db.checks import check as look
from emagsync.db.engine import Database
from emagsync.db.migrate import current_revision
from emagsync.db.migrations import HEAD
from emagsync.notifications.sealed import unreadable_secrets
from emagsync.offers.kept_numbers import wrong_accounts
from emagsync.sources.secrets import unreadable_secrets as unreadable_logins
from emagsync.vault.vault import Vault


async def database_findings(database: Database, vault: Vault) -> list[Finding]:
    """Whether the database is fit for use, and whether the server's key opens what is sealed in it."""
    findings = await look(database)
    passwords = await unreadable_passwords(database, vault)
    recipients = await unreadable_secrets(database, vault)
    logins = await unreadable_logins(database, vault)
    return [*findings, *await _kept_numbers_findings(database), _key_finding(passwords, recipients, logins)]


async def _kept_numbers_findings(database: Database) -> list[Finding]:
    """Whether the numbers of offers that are kept are those of a recount; a database of another version has others."""
    if await current_revision(database) != HEAD:
        return []
    wrong = await wrong_accounts(database)
    detail = "are those of a recount"
    if wrong:
        detail = f"of {', '.join(wrong)} are not those of a recount: `emagsync db upgrade` counts them anew"
    return [Finding("numbers", not wrong, detail, is_fatal=False)]


def all_work(findings: Iterable[Finding]) -> bool:
    """Whether nothing keeps emagsync from working."""
    return all(finding.ok or not finding.is_fatal for finding in findings)


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each finding, with what it is worth before it."""
    for finding in findings:
        mark = "ok" if finding.ok else "FAILED" if finding.is_fatal else "note"
        yield f"  {mark:<7} {finding.name}: {finding.detail}"


def _key_finding(passwords: list[str], recipients: list[str], logins: list[str]) -> Finding:
    """Whether the server's key opens the passwords of accounts, the secrets of those who are told by notifications, and
    the logins of sources. The others work all the same."""
    if not passwords and not recipients and not logins:
        return Finding("key", True, "opens the passwords of all accounts", is_fatal=False)
    named = (
        ("the password of", passwords),
        ("what notifications need of", recipients),
        ("the login of the sources", logins),
    )
    broken = [f"{what} {', '.join(names)}" for what, names in named if names]
    return Finding(
        "key",
        False,
        f"does not open {' and '.join(broken)}: give the key that the server had before in "
        "EMAGSYNC_OLD_SECRET_KEYS, or enter them again",
        is_fatal=False,
    )
