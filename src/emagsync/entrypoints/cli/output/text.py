"""Numbers and times as the command line writes them."""

from __future__ import annotations

from datetime import datetime


def count(number: int | None) -> str:
    """`2,545`; a dash for what is not known."""
    return "-" if number is None else f"{number:,}"


def of(number: int, total: int | None) -> str:
    """`1,200/2,545`, or `1,200` while the total is not known."""
    return count(number) if total is None else f"{number:,}/{total:,}"


def plural(number: int, noun: str) -> str:
    """`1 page`, `26 pages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """`8.9 s`, `3 min 20 s`, `2 h 05 min`; a dash for what is not known."""
    if seconds is None:
        return "-"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def clock(seconds: float | None) -> str:
    """`0:05`, `12:34`, `2:05:00`; a dash for what is not known."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def age(moment: datetime | None, now: datetime) -> str:
    """`12 min ago`; `never` for what has not happened."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size < 86_400 and seconds >= size):
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def moment(at: datetime | None) -> str:
    """A time in the reader's own zone, to the second, with its offset: one hour of October comes twice."""
    return "-" if at is None else at.astimezone().isoformat(" ", "seconds")


def printable(text: str) -> str:
    """`text` without control characters: offers hold other people's text, and a terminal obeys escape sequences."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
