"""What an account has beside offers and orders: parcels, returns, measurements, proposals for campaigns."""

from typing import Any


class Fulfilment:
    """Rows by their ids: ``awbs`` by reservation, ``returns`` (none until they are generated) by eMAG's id."""

    def __init__(self) -> None:
        self.awbs: dict[int, dict[str, Any]] = {}
        self.packages: list[dict[str, Any]] = []
        self.returns: dict[int, dict[str, Any]] | None = None
        self.measurements: dict[int, dict[str, Any]] = {}
        self.proposals: list[dict[str, Any]] = []
