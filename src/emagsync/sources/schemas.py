"""The REST API's schemas of sources. No answer holds a password, a private key or the value of a header."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from emagsync.core.account_names import AccountName
from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits.push.brake_preview import BrakePreview
from emagsync.edits.response_schemas import ChangeView
from emagsync.sources.reading.options import FileFormat, KeyField


class SourceKind(StrEnum):
    """Where a source's file comes from."""

    HTTPS = "https"
    SFTP = "sftp"
    FOLDER = "folder"
    UPLOAD = "upload"  # somebody sends it to us


class SourceMode(StrEnum):
    """What becomes of what a file changes."""

    PREVIEW = "preview"  # it is shown, and applied when a person says so
    APPROVAL = "approval"  # it goes to the outbox, and waits there for a person
    DIRECT = "direct"  # it goes the way of any edit


class MissingMeans(StrEnum):
    """What it means that an offer of the account is not in the file."""

    NOTHING = "nothing"
    STOCK_0 = "stock_0"


class SourceField(StrEnum):
    """What a column of a source's file may be."""

    EMAG_ID = "emag_id"
    PART_NUMBER = "part_number"
    PART_NUMBER_KEY = "part_number_key"
    EAN = "ean"
    ACCOUNT = "account"
    WAREHOUSE_ID = "warehouse_id"
    CURRENCY = "currency"
    SALE_PRICE = "sale_price"
    RECOMMENDED_PRICE = "recommended_price"
    MIN_SALE_PRICE = "min_sale_price"
    MAX_SALE_PRICE = "max_sale_price"
    STOCK = "stock"
    HANDLING_TIME = "handling_time"
    VAT_ID = "vat_id"
    STATUS = "status"


VALUE_FIELDS: Final = frozenset(
    set(SourceField)
    - {*map(SourceField, KeyField), SourceField.ACCOUNT, SourceField.WAREHOUSE_ID, SourceField.CURRENCY}
)

SHORTEST_MINUTES: Final = 5
LONGEST_MINUTES: Final = 31 * 1440

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Encoding = Literal["utf-8", "utf-16", "cp1250", "cp1252", "iso-8859-2"]
Separator = Literal[";", ",", "\t", "|"]
Heading = Annotated[str, Field(min_length=1, max_length=300)]
Columns = Annotated[dict[Heading, SourceField], Field(min_length=1, max_length=50)]
Interval = Annotated[int, Field(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)]
Percent = Annotated[int, Field(ge=0, le=100)]
RowPath = Annotated[str, Field(min_length=1, max_length=300)]
Username = Annotated[str, Field(max_length=255)]
Password = Annotated[SecretStr, Field(max_length=1000)]
PrivateKey = Annotated[SecretStr, Field(max_length=20_000)]
Headers = Annotated[dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")], Password], Field(max_length=5)]
HostKey = Annotated[str, Field(max_length=4000)]


class FormatSettings(BaseModel):
    """How a file is read. What is null is taken as the file shows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: FileFormat | None = None
    encoding: Encoding | None = Field(default=None, description="Of CSV.")
    separator: Separator | None = Field(default=None, description="Of CSV.")
    decimal: DecimalMark | None = Field(default=None, description="What stands before decimals in texts.")
    has_headings: bool = Field(default=True, description="Of CSV and XLSX; without, columns are named `A`, `B`, ...")
    row_path: RowPath | None = Field(
        default=None, description="Where the rows are: `data/items` in JSON, `catalog/product` in XML."
    )


class SourceLogin(BaseModel):
    """What a server asks of who fetches the file: a password or a private key, or headers over https."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: Username | None = None
    password: Password | None = None
    private_key: PrivateKey | None = Field(default=None, description="For SFTP, as OpenSSH or PEM text.")
    headers: Headers | None = Field(default=None, description="For https, such as `Authorization`.")


class SourceRequest(BaseModel):
    """A new source. `address`: of https or sftp, or a file or pattern within the folder of sources."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: SourceKind
    address: Address | None = Field(default=None, description="Null for `upload`.")
    login: SourceLogin | None = None
    host_key: HostKey | None = Field(
        default=None, description="Of an SFTP server; null: the one that it has at the first reading is kept."
    )
    account: AccountName = Field(description="Of rows that name none.")
    format: FormatSettings = Field(default_factory=FormatSettings)
    columns: Columns | None = Field(
        default=None, description="Fields by heading; in JSON and XML by path within a row. Null: guessed."
    )
    key: KeyField | None = Field(default=None, description="What names the offers. Null: guessed.")
    mode: SourceMode = SourceMode.PREVIEW
    missing_means: MissingMeans = MissingMeans.NOTHING
    most_shrink_percent: Percent = Field(
        default=50, description="A file with more percent fewer rows than the one before is refused; 100: none is."
    )
    interval_minutes: Interval | None = Field(default=None, description="Null: it is read when somebody asks.")
    enabled: bool = True


class SourceChange(BaseModel):
    """What to change; what is left out stays, null is the default. `login` replaces all of it.

    A login is kept only for the same server.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    address: Address | None = None
    login: SourceLogin | None = None
    host_key: HostKey | None = None
    account: AccountName | None = None
    format: FormatSettings | None = None
    columns: Columns | None = None
    key: KeyField | None = None
    mode: SourceMode | None = None
    missing_means: MissingMeans | None = None
    most_shrink_percent: Percent | None = None
    interval_minutes: Interval | None = None
    enabled: bool | None = None


class ReadingStatus(StrEnum):
    """What became of a reading."""

    RUNNING = "running"
    APPLIED = "applied"  # what it changes was stored as edits
    PREVIEWED = "previewed"  # what it would change is kept, and waits for a person
    SAME_FILE = "same_file"  # the file was taken in before
    REFUSED = "refused"  # the file makes no sense, or too much of it is missing
    FAILED = "failed"  # the file did not arrive


class RowKind(StrEnum):
    """What a row of a file came to."""

    CHANGED = "changed"
    DOUBTFUL = "doubtful"  # it looks like a mistake, and waits for a person
    REFUSED = "refused"  # it holds what cannot be
    UNKNOWN = "unknown"  # it names no offer of the account


class ReadingCounts(BaseModel):
    """How many rows came to what.

    `rows` = `blank` + `joined` + `changed` + `unchanged` + `doubtful` + `refused` + `unknown`, without the `missing`,
    which are no rows: offers that are not in the file, and are counted once more by what became of them.
    """

    model_config = ConfigDict(frozen=True)

    rows: int = Field(default=0, description="Filled rows below the headings.")
    blank: int = Field(default=0, description="Rows with nothing in a column that is read.")
    joined: int = Field(default=0, description="Rows of the same offer as an earlier one, for another warehouse.")
    understood: int = Field(default=0, description="Rows that name an offer and hold values that can be.")
    changed: int = 0
    unchanged: int = 0
    doubtful: int = 0
    refused: int = 0
    unknown: int = 0
    missing: int = Field(default=0, description="Offers that are not in the file and get stock 0.")


class ReadFile(BaseModel):
    """The file of a reading, and how it was read."""

    model_config = ConfigDict(frozen=True)

    name: str | None = None
    bytes: int
    digest: str
    format: FileFormat | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    row_path: str | None = None
    sheet: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    key: KeyField | None = None


class Reading(BaseModel):
    """One reading of a source. `code`, `reason` and `values` say for programs why it took nothing in."""

    model_config = ConfigDict(frozen=True)

    id: int
    source_id: str
    status: ReadingStatus
    trigger: Literal["schedule", "request", "upload"]
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    code: str | None
    reason: str | None
    values: dict[str, str | int]
    message: str | None
    counts: ReadingCounts
    file: ReadFile | None
    brakes: list[BrakePreview]
    batch_id: str | None = Field(description="Of the edits that it made, for `GET /edits`.")
    applied_by: str | None
    applied_at: datetime | None


class ReadingList(BaseModel):
    """Readings, newest first."""

    readings: list[Reading]
    next_cursor: str | None


class CellProblem(BaseModel):
    """What is wrong with a row: in which cell, and why. `place` null: with the row as a whole."""

    model_config = ConfigDict(frozen=True)

    place: str | None
    field: str
    code: str
    message: str
    values: dict[str, str] = Field(default_factory=dict)


class ReadingRow(BaseModel):
    """A row of a reading. `row` null: the offer is not in the file."""

    model_config = ConfigDict(frozen=True)

    position: int
    kind: RowKind
    row: int | None
    account: str
    emag_id: int | None
    product_id: int | None
    named: str | None = Field(description="By what the row names its offer.")
    name: str | None = Field(description="Of the product.")
    currency: str | None
    changes: list[ChangeView]
    problems: list[CellProblem]


class ReadingRowList(BaseModel):
    """Rows of a reading, in the file's order."""

    rows: list[ReadingRow]
    next_cursor: str | None


class Source(BaseModel):
    """A source. Of its login only what is no secret is shown."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    kind: SourceKind
    address: str | None
    username: str | None
    has_password: bool
    has_private_key: bool
    header_names: list[str]
    host_key: str | None
    account: str
    format: FormatSettings
    columns: dict[str, SourceField] | None
    key: KeyField | None
    mode: SourceMode
    missing_means: MissingMeans
    most_shrink_percent: int
    interval_minutes: int | None
    enabled: bool
    created_at: datetime
    updated_at: datetime
    next_at: datetime | None = Field(description="When it is read next. Null: when somebody asks.")
    is_being_read: bool
    rows: int | None = Field(description="Of the file that was taken in last.")
    taken_in_at: datetime | None = Field(description="When a file was taken in last, or was still the same.")
    failures: int = Field(description="Readings since then that took nothing in.")
    last_reading: Reading | None


class SourceList(BaseModel):
    """Every source by name. `folder`: whether the operator allows a folder for sources."""

    sources: list[Source]
    folder: bool


class LookRequest(BaseModel):
    """A file to look at before a source is made, or changed: of `source_id` the login is used where none is given."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["https", "sftp", "folder"]
    address: Address
    login: SourceLogin | None = None
    host_key: HostKey | None = None
    source_id: Annotated[str, Field(max_length=36)] | None = None
    format: FormatSettings = Field(default_factory=FormatSettings)
    columns: Columns | None = None
    key: KeyField | None = None


class Look(BaseModel):
    """What a file turned out to be, its first rows, and what its columns are taken for."""

    format: FileFormat | None
    encoding: str | None
    separator: str | None
    row_path: str | None
    sheet: str | None
    headings: list[str]
    columns: dict[str, SourceField] = Field(description="Fields by heading.")
    key: KeyField | None
    rows: list[list[str]] = Field(description="The first rows as texts, one for each heading.")
    bytes: int
    host_key: str | None = Field(default=None, description="That the SFTP server has.")
    reason: str | None = Field(description="Why the file cannot be read, as in a problem `file_unreadable`.")
    values: dict[str, str | int] = Field(default_factory=dict)
    message: str | None = None


class ReadRequest(BaseModel):
    """`force` takes in a file that was taken in before, and one that is much shorter than that."""

    model_config = ConfigDict(extra="forbid")

    force: bool = False


class ApplyRequest(BaseModel):
    """`confirm` also applies the rows that look like a mistake."""

    model_config = ConfigDict(extra="forbid")

    confirm: bool = False
