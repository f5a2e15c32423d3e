"""Serves the files of the web page, which is built from `web/` into the folder `static/` next to this module.

Files under `assets/` have a hash in their name, and browsers cache them for ever; `index.html` names them and is
revalidated each time. Any other path that no route answers is one of the page's own, which the page itself resolves.

The build names its own addresses from `./`. `index.html` is sent with them from the path below which a proxy serves
all of this, `/` without one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from emagsync.rest.problems import ApiProblem
from emagsync.rest.root_path import root_path_of

BUILT: Final = Path(__file__).parent / "static"

_INDEX = "index.html"
_ASSETS = "assets"
# The build keeps these copies beside a file, by the encoding that a browser takes; the smallest first.
_PACKED: Final = {"br": ".br", "gzip": ".gz"}
_NEVER: Final = re.compile(r"q=0(\.0*)?")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
_NOT_BUILT = "The page is not part of this installation: run 'make web' in the source tree. The API works without it.\n"


class _PageAddress(Convertor[str]):
    """Matches the paths of the page: those that are not the API's, so that unknown API routes stay problem answers."""

    regex = r"(?!(?:api|health|openapi\.json)(?:/|$)).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page_address", _PageAddress())

router = APIRouter(include_in_schema=False)


@router.api_route("/{address:page_address}", methods=["GET", "HEAD"])
async def page(request: Request, address: str) -> Response:
    """A file of the page, or else `index.html`."""
    taken = encodings_in(request.headers.get("accept-encoding", ""))
    return file_answer(BUILT, address, taken=taken, root=root_path_of(request.scope))


def encodings_in(accepted: str) -> frozenset[str]:
    """Which of the encodings that files are kept in an `Accept-Encoding` takes."""
    offers = (offer.replace(" ", "").lower().partition(";") for offer in accepted.split(","))
    return frozenset(name for name, _, weight in offers if name in _PACKED and not _NEVER.fullmatch(weight))


def file_answer(folder: Path, address: str, *, taken: Collection[str] = (), root: str = "") -> Response:
    """The answer for the path `address` from `folder`, for browsers that find the page below `root` and take the
    encodings `taken`.

    Raises ApiProblem (404) for an asset that does not exist.
    """
    found = _inside(folder, address)
    if found is None:
        if address.startswith(f"{_ASSETS}/"):
            # A page loaded before an update asks for its old files: HTML instead would be a puzzling script error.
            raise ApiProblem(HTTPStatus.NOT_FOUND, "not_found", "There is no such file: reload the page.")
        found = _inside(folder, _INDEX)
        if found is None:
            return PlainTextResponse(_NOT_BUILT, HTTPStatus.NOT_FOUND)
    if found == folder / _INDEX:
        return HTMLResponse(_index(found, _built_at(folder), root), headers={"Cache-Control": _ASK_EACH_TIME})
    return _answer(folder, found, taken)


def _inside(folder: Path, address: str) -> Path | None:
    """The file of the page that `address` names."""
    return _files(folder, _built_at(folder)).get(address.lstrip("/"))


@lru_cache(maxsize=4)
def _files(folder: Path, _built_at: int) -> Mapping[str, Path]:
    """The files below `folder` by their addresses, without hidden ones, as they are since the build at `_built_at`.

    An address is looked up here and nowhere else: no stranger's text becomes a path, however long or odd it is.
    """
    files = {file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
    return {place.as_posix(): file for place, file in files.items() if not any(part[0] == "." for part in place.parts)}


def _built_at(folder: Path) -> int:
    """When the page was built, in nanoseconds: a build while the server runs is served at once. 0 without one."""
    try:
        return (folder / _INDEX).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=4)
def _index(file: Path, _built_at: int, root: str) -> str:
    return file.read_text("utf-8").replace('"./', f'"{root}/')


def _answer(folder: Path, file: Path, taken: Collection[str]) -> Response:
    is_asset = file.is_relative_to(folder / _ASSETS)
    headers = {"Cache-Control": _FOR_EVER if is_asset else _ASK_EACH_TIME, "Vary": "Accept-Encoding"}
    media_type = guess_type(file.name)[0]
    for encoding, ending in _PACKED.items():
        packed = file.with_name(f"{file.name}{ending}")
        if encoding in taken and packed.is_file():
            return FileResponse(packed, media_type=media_type, headers=headers | {"Content-Encoding": encoding})
    return FileResponse(file, media_type=media_type, headers=headers)
