"""Whether the settings of a source make sense together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from emagsync.core.public_addresses import judged_url
from emagsync.sources.errors import SourceRefused
from emagsync.sources.fetching.fetched import Secrets
from emagsync.sources.fetching.folder import is_within_reach
from emagsync.sources.fetching.sftp_address import sftp_address
from emagsync.sources.reading.options import KeyField
from emagsync.sources.schemas import VALUE_FIELDS, SourceKind

# Headers that say how the request is sent, not who sends it.
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade", "te", "trailer"}
)


def check_place(kind: SourceKind, address: str | None, *, allow_private: bool, folder_allowed: bool) -> str | None:
    """The address in the form in which it is stored. Raises SourceRefused, and AddressRefused as `judged_url` does."""
    if kind is SourceKind.UPLOAD:
        if address is not None:
            raise SourceRefused("no_address", field="address")
        return None
    if address is None:
        raise SourceRefused("address_needed", field="address", kind=kind)
    if kind is SourceKind.HTTPS:
        return judged_url(address, allow_private=allow_private)
    if kind is SourceKind.SFTP and sftp_address(address) is None:
        raise SourceRefused("sftp_address", field="address")
    if kind is SourceKind.FOLDER:
        if not folder_allowed:
            raise SourceRefused("folder_off", field="kind")
        if not is_within_reach(address):
            raise SourceRefused("folder_address", field="address")
    return address


def check_login(kind: SourceKind, username: str | None, secrets: Secrets, host_key: str | None) -> None:
    """Raises SourceRefused for a login that the kind of source has not, or that lacks something."""
    is_sftp, is_https = kind is SourceKind.SFTP, kind is SourceKind.HTTPS
    has_login = username is not None or secrets != Secrets()
    if has_login and not (is_sftp or is_https):
        raise SourceRefused("not_here", field="login", kind=kind)
    if secrets.headers and not is_https:
        raise SourceRefused("not_here", field="login.headers", kind=kind)
    if (secrets.private_key or host_key) and not is_sftp:
        raise SourceRefused("not_here", field="login.private_key" if secrets.private_key else "host_key", kind=kind)
    if is_https and ":" in (username or ""):
        raise SourceRefused("username_colon", field="login.username")
    for name, value in secrets.headers.items():
        if name.lower() in _OURS or not value.isprintable() or not value.isascii():
            raise SourceRefused("header", field="login.headers", name=name)
    if is_sftp:
        _check_sftp_login(username, secrets, host_key)


def _check_sftp_login(username: str | None, secrets: Secrets, host_key: str | None) -> None:
    if not username:
        raise SourceRefused("username_needed", field="login.username")
    if not (secrets.password or secrets.private_key):
        raise SourceRefused("login_needed", field="login.password")
    # Here for the reason that the module says.
    from emagsync.sources.fetching.sftp import is_host_key, is_private_key

    if secrets.private_key and not is_private_key(secrets.private_key):
        raise SourceRefused("key_unreadable", field="login.private_key")
    if host_key and not is_host_key(host_key):
        raise SourceRefused("host_key_unreadable", field="host_key")


def check_columns(columns: Mapping[str, str] | None, key: KeyField | None) -> None:
    """Raises SourceRefused for a mapping by which no row could be read."""
    if columns is None:
        return
    fields = [str(field) for field in columns.values()]
    repeated = [field for field, count in Counter(fields).items() if count > 1]
    if repeated:
        raise SourceRefused("column_twice", field="columns", field_name=repeated[0])
    keys: Collection[str] = [key] if key is not None else list(KeyField)
    if not set(keys) & set(fields):
        raise SourceRefused("key_column", field="columns", key=", ".join(map(str, keys)))
    if not set(map(str, VALUE_FIELDS)) & set(fields):
        raise SourceRefused("no_value_column", field="columns")


def same_server(kind: SourceKind, before: str | None, after: str | None) -> bool:
    """Whether two addresses of a kind are of one server, so that a login for one is one for the other."""
    if before is None or after is None:
        return before == after
    if kind is SourceKind.SFTP:
        one, other = sftp_address(before), sftp_address(after)
        return one is not None and other is not None and one[:2] == other[:2]
    return before.split("/")[:3] == after.split("/")[:3]
