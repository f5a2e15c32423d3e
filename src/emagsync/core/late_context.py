"""TLS contexts that read the certificates they trust when they are first used."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

# What reads certificates, and is put off.
_READERS: Final = ("load_default_certs", "set_default_verify_paths")


class TrustsWhenUsed(ssl.SSLContext):
    """A context that reads the certificates it was told to trust before its first connection, and so before any check.

    Never made as such: a context that is told to read certificates while they are put off becomes one.
    """

    put_off: list[Callable[[], None]]

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """The same as that of any context. Raises ssl.SSLError as reading certificates does."""
        self._read()
        return super().wrap_bio(*arguments, **options)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """The same as that of any context. Raises ssl.SSLError as reading certificates does."""
        self._read()
        return super().wrap_socket(*arguments, **options)

    def _read(self) -> None:
        while self.put_off:
            self.put_off[0]()
            self.put_off.pop(0)


@contextmanager
def certificates_put_off() -> Iterator[None]:
    """In the block, contexts note what they are told to trust."""
    own = {name: vars(ssl.SSLContext).get(name) for name in _READERS}
    for name in _READERS:
        setattr(ssl.SSLContext, name, _noting(name))
    try:
        yield
    finally:
        for name, method in own.items():
            if method is None:  # OpenSSL's, one class up
                delattr(ssl.SSLContext, name)
            else:
                setattr(ssl.SSLContext, name, method)


def _noting(name: str) -> Callable[..., None]:
    def note(context: ssl.SSLContext, *arguments: Any) -> None:
        late = _later(context)
        # Looked up when it is read: by then it is the method that reads.
        late.put_off.append(lambda: getattr(late, name)(*arguments))

    return note


def _later(context: ssl.SSLContext) -> TrustsWhenUsed:
    if isinstance(context, TrustsWhenUsed):
        return context
    context.__class__ = TrustsWhenUsed
    late = cast("TrustsWhenUsed", context)
    late.put_off = []
    return late
