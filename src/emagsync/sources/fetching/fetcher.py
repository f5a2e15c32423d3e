"""Fetches a source's file from wherever it is."""

from __future__ import annotations

from pathlib import Path

from emagsync.sources.fetching.fetched import Fetched, Known, Place
from emagsync.sources.fetching.folder import fetch_from_folder
from emagsync.sources.fetching.https import fetch_over_https
from emagsync.sources.schemas import SourceKind


class Fetcher:
    """`folder` is the one that the operator allows, if any; `allow_private` lets addresses lead to private networks."""

    def __init__(self, *, folder: Path | None, allow_private: bool) -> None:
        self.folder = folder
        self.allow_private = allow_private

    async def fetch(self, kind: SourceKind, place: Place, known: Known) -> Fetched | None:
        """The file; None where it is still the one that is `known`. Raises FetchFailed."""
        if kind is SourceKind.HTTPS:
            return await fetch_over_https(place, known, allow_private=self.allow_private)
        if kind is SourceKind.SFTP:
            from emagsync.sources.fetching.sftp import fetch_by_sftp  # which says why only here

            return await fetch_by_sftp(place, allow_private=self.allow_private)
        return await fetch_from_folder(self.folder, place.address)
