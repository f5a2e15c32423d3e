"""What a run notes while it reads and what nothing else tells afterwards: its readings, eMAG's counts, its look-ups.

Kept in memory by the engine and written at the end of each reading and of each batch of look-ups, so that a run that is
stopped or killed has what was known until then. Pages, ids and repeats are in the ledger and are not repeated here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from emagsync.sync.run.list_stability import Pass, Verdict


class Proof(StrEnum):
    """How the readings of a list were judged."""

    WHOLE = "whole"  # what was read is the whole list
    MOVING = "moving"  # it went on moving, and was read often enough
    UNREAD = "unread"  # pages could not be read
    REPEATING = "repeating"  # it repeated itself, and nobody knows what it holds
    LIMITED = "limited"  # there is more behind the last page that the run was to read
    STOPPED = "stopped"  # the run was told to stop


class Reading(BaseModel):
    """One reading of the whole list, as it was when it ended. Counts are eMAG's own; None: it gave none."""

    model_config = ConfigDict(frozen=True)

    number: int
    count_before: int | None
    count_after: int | None
    movements: tuple[str, ...]  # what showed that the list moved: see `Movement`
    found_new: bool  # whether it saw an offer that no reading before it had seen

    @classmethod
    def of(cls, read: Pass) -> Reading:
        """What the pass itself says."""
        return cls(
            number=read.number,
            count_before=read.count_before,
            count_after=read.count_after,
            movements=tuple(sorted(movement.name.lower() for movement in read.movements)),
            found_new=read.found_new,
        )


@dataclass
class LookUps:
    """Offers that were looked up because the list did not show them, or because they were named; counts of offers.

    Those of all attempts of a run, except `unanswered`: a later attempt asks for these again.
    """

    listed: int = 0  # found in eMAG's lists of inactive offers, a hundred at a time
    asked: int = 0  # asked for by id
    found: int = 0  # of those: eMAG knows them
    unknown: int = 0  # eMAG does not know them
    unanswered: int = 0  # eMAG gave no answer
    confirmed: int = 0  # not asked for: another complete reading did not show them either


@dataclass
class Evidence:
    """What one run has noted so far."""

    readings: dict[int, Reading] = field(default_factory=dict)  # by number
    proof: Proof | None = None
    look_ups: LookUps | None = None

    def begin_look_ups(self) -> LookUps:
        """The counts that an attempt goes on with."""
        self.look_ups = self.look_ups or LookUps()
        self.look_ups.unanswered = 0
        return self.look_ups

    def note(self, read: Pass) -> None:
        """A reading has ended; it replaces one of the same number, which was interrupted."""
        self.readings[read.number] = Reading.of(read)

    def judge(self, verdict: Verdict) -> None:
        """The verdict about the readings is final."""
        self.proof = Proof(verdict.name.lower())

    def text(self) -> str:
        """As JSON."""
        value: dict[str, Any] = {
            "readings": [reading.model_dump(mode="json") for reading in self.readings.values()],
            "proof": self.proof,
            "look_ups": None if self.look_ups is None else asdict(self.look_ups),
        }
        return orjson.dumps(value).decode()

    @classmethod
    def from_text(cls, text: str) -> Evidence:
        """From what `text` gave."""
        value = orjson.loads(text)
        readings = [Reading.model_validate(reading) for reading in value["readings"]]
        look_ups = value["look_ups"]
        return cls(
            readings={reading.number: reading for reading in readings},
            proof=None if value["proof"] is None else Proof(value["proof"]),
            look_ups=None if look_ups is None else LookUps(**look_ups),
        )

    def readings_alone(self) -> Evidence:
        """What a run that goes on from this one's pages begins with."""
        return Evidence(readings=dict(self.readings))
