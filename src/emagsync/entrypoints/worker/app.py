"""The Celery application: how messages are sent, stored and consumed. `tasks.register` adds the tasks."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from celery import Celery
from kombu.entity import Queue

from emagsync.core.settings import Settings
from emagsync.entrypoints.worker import broker_options
from emagsync.entrypoints.worker.task_names import KEY_PREFIX, SHORT, SYNC_PRODUCTS, SYNCS

# Beyond the run's own time limit, which ends it in order: these only end a worker that hangs.
SOFT_AFTER_SECONDS: Final = 60
HARD_AFTER_SECONDS: Final = 120
# For work that has no limit of its own.
SHORT_SECONDS: Final = 300
_SOCKET_SECONDS: Final = 5.0

_Queue: Any = Queue  # it has no types


def make_app(settings: Settings) -> Any:
    """The application for these settings, which name a Redis. It connects when something is sent."""
    broker_options.install()
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    app = Celery("emagsync", broker=broker_url(url), set_as_current=False)
    app.conf.update(
        broker_use_ssl=_encryption(url),
        task_queues=[_Queue(SYNCS), _Queue(SHORT)],
        task_default_queue=SHORT,
        task_create_missing_queues=True,
        task_routes={SYNC_PRODUCTS: {"queue": SYNCS}},
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        # A message is acknowledged when its work is done. It may come twice: a run has to be claimed first.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_soft_time_limit=SHORT_SECONDS,
        task_time_limit=SHORT_SECONDS + HARD_AFTER_SECONDS - SOFT_AFTER_SECONDS,
        task_serializer="json",
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(settings),
        task_publish_retry=True,
        # A stale connection is replaced at once; an unreachable broker is not waited for.
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2},
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    return app


def broker_url(url: str) -> str:
    """A Redis URL as Kombu writes it: for a Unix socket it differs from redis-py's."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?{urlencode({'virtual_host': number})}"


def _encryption(url: str) -> dict[str, object] | None:
    """The TLS options of a `rediss://` URL: those of its query (`ssl_...`), and checked certificates by default."""
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return None
    given: dict[str, object] = {name: value for name, value in parse_qsl(parts.query) if name.startswith("ssl_")}
    return {"ssl_cert_reqs": "required"} | given


def _transport_options(settings: Settings) -> dict[str, Any]:
    hard = settings.sync.timeout_seconds + HARD_AFTER_SECONDS
    return {
        "global_keyprefix": KEY_PREFIX,
        # Only for messages whose worker vanished; the sweep finds their runs much sooner.
        "visibility_timeout": 3 * hard,
        # Seconds; Kombu's default would look for expired messages only every 100.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": _SOCKET_SECONDS,
        "socket_keepalive": True,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }
