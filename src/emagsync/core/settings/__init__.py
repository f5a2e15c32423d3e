"""Settings from the environment or a `.env` file: ours (`EMAGSYNC_*`), in groups as docs/settings.md has them.

`EMAGSYNC_RETRY__ATTEMPTS` is `attempts` of `RetrySettings`, which is `retry` of `Settings`. Other rooms import what
they use of it from here.
"""

from emagsync.core.settings.accounts import AccountSettings, AddedAccountSettings
from emagsync.core.settings.edits import EditsSettings, PushMode, SourceSettings
from emagsync.core.settings.file_rights import is_readable_by_others, is_within_reach_of_others
from emagsync.core.settings.loading import load_settings
from emagsync.core.settings.marketplace import HttpSettings, LimitSettings, RetrySettings
from emagsync.core.settings.names import misspelt, setting_names
from emagsync.core.settings.runs import LONGEST_RUN_SECONDS, ScheduleSettings, SyncSettings, WorkerSettings
from emagsync.core.settings.server import ServerSettings, WebhookSettings
from emagsync.core.settings.settings import Settings
from emagsync.core.settings.telemetry import CallSettings, MetricsSettings, TracingSettings
from emagsync.core.settings.variables import NOT_TEXT, is_text, read_variables

__all__ = [
    "LONGEST_RUN_SECONDS",
    "NOT_TEXT",
    "AccountSettings",
    "AddedAccountSettings",
    "CallSettings",
    "EditsSettings",
    "HttpSettings",
    "LimitSettings",
    "MetricsSettings",
    "PushMode",
    "RetrySettings",
    "ScheduleSettings",
    "ServerSettings",
    "Settings",
    "SourceSettings",
    "SyncSettings",
    "TracingSettings",
    "WebhookSettings",
    "WorkerSettings",
    "is_readable_by_others",
    "is_text",
    "is_within_reach_of_others",
    "load_settings",
    "misspelt",
    "read_variables",
    "setting_names",
]
