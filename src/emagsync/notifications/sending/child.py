"""The program that sends one message: an order on its standard input, an answer on its standard output.

A process of its own, because apprise blocks, because it logs what it is given, and so that it can be ended. It says
nothing but the answer: addresses hold secrets.
"""

from __future__ import annotations

import logging
import os
import sys

import msgspec
from apprise import Apprise, AppriseAsset, NotifyType
from apprise.common import NotifyFormat, PersistentStoreMode

from emagsync.notifications.sending.order import CONNECT_SECONDS, READ_SECONDS, Answer, Order
from emagsync.notifications.sending.witness import Witness


def carry_out(order: Order) -> Answer:
    """Tell the target, once."""
    asset = AppriseAsset(
        app_id="emagsync",
        app_desc="emagsync",
        app_url="https://github.com/",
        async_mode=False,
        body_format=NotifyFormat.TEXT,
        default_service_retry=0,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        secure_logging=True,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    # Its plugins are loaded before the hook, which no code of this process can take off.
    plugin = Apprise.instantiate(order.target, asset=asset)
    if plugin is None:
        return Answer("incomplete")
    if order.only_check:
        return Answer("delivered")
    plugin.redirects = False
    plugin.service_retry = 0
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    plugin.verify_certificate = plugin.verify_certificate or not order.allow_private
    witness = Witness(allow_private=order.allow_private)
    witness.install()
    sys.addaudithook(witness.audit)
    try:
        told = plugin.notify(
            title=order.title, body=order.text, notify_type=NotifyType.INFO, body_format=NotifyFormat.TEXT
        )
    except Exception:  # noqa: BLE001 - whatever a plugin raises, what the witness saw counts
        told = False
    status = next((answer.status for answer in reversed(witness.answers)), None)
    return Answer("delivered", status) if told else witness.verdict()


def main() -> None:
    """Read the order, carry it out, write the answer."""
    logging.disable(logging.CRITICAL)
    answering = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    os.write(answering, msgspec.json.encode(carry_out(order)))


if __name__ == "__main__":
    main()
