"""aiohttp without the system's certificates until a connection needs them.

`aiohttp.connector` makes two TLS contexts when it is imported, and each reads all the certificates that the system
trusts, two thirds of what importing aiohttp costs: one for a context that trusts anybody and never looks at them, one
for a context that many a command makes no connection with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emagsync.core.import_hooks import execute_by

if TYPE_CHECKING:
    from importlib.abc import Loader
    from types import ModuleType


def read_certificates_late() -> None:
    """Let aiohttp read the system's certificates with its first TLS connection, from now on in this process."""
    execute_by(_without_certificates, "aiohttp.connector")


def _without_certificates(loader: Loader, module: ModuleType) -> None:
    # Here, because commands that speak to nobody do without `ssl`.
    from emagsync.core.late_context import certificates_put_off

    with certificates_put_off():
        loader.exec_module(module)
