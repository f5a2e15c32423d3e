"""What is printed and judged: figures, each with the bare loop's beside it and the target it is held to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. `judged` is the number that `target` is about; without a target it only informs.

    `at_least` turns the comparison round: the judged number must not be below the target.
    """

    name: str
    unit: str
    ours: float
    bare: float | None = None
    judged: float | None = None
    target: float | None = None
    target_text: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None or self.judged is None:
            return None
        return self.judged >= self.target if self.at_least else self.judged <= self.target

    @property
    def ratio(self) -> float | None:
        """Ours by the bare loop's."""
        return self.ours / self.bare if self.bare else None

    def document(self) -> dict[str, Any]:
        """For the JSON file."""
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}


_TITLES = ("figure", "emagsync", "bare loop", "ratio", "target", "judged", "")


def table(figures: Iterable[Figure], *, judge: bool) -> str:
    """The figures as text in columns. Without `judge` no line says whether it holds."""
    rows = [_TITLES, *(_cells(figure, judge=judge) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths).rstrip())
    return "\n".join(lines)


def _cells(figure: Figure, *, judge: bool) -> tuple[str, ...]:
    verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds if judge else None]
    return (
        figure.name,
        _number(figure.ours, figure.unit),
        _number(figure.bare, figure.unit),
        _number(figure.ratio, "x"),
        figure.target_text,
        "" if figure.judged is None else f"{figure.judged:,.3g}" if figure.judged < 100 else f"{figure.judged:,.0f}",
        verdict,
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = row
    cells = [first.ljust(widths[0])]
    for number, cell in enumerate(others, 1):
        cells.append(cell.rjust(widths[number]) if number < 4 else cell.ljust(widths[number]))
    return "  ".join(cells).rstrip()


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{text} {unit}" if unit != "x" else f"{text}x"
