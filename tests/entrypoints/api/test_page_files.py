"""The page's files, served from a folder as the build leaves it."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest
from starlette.responses import FileResponse

from emagsync.entrypoints.api.static import encodings_in, file_answer
from emagsync.rest.problems import ApiProblem
from support.api import Api

INDEX = b'<!doctype html><html data-root="./"><title>emagsync</title><script src="./assets/index-Ab12.js"></script>'
SCRIPT = b"export const answer = 42\n"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / "index.html").write_bytes(INDEX)
    (folder / "assets" / "index-Ab12.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-Ab12.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-Ab12.js.br").write_bytes(brotli.compress(SCRIPT))
    (folder / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("not for readers")
    return folder


def is_page(folder: Path, address: str, root: str = "") -> bool:
    return bytes(file_answer(folder, address, root=root).body) == INDEX.replace(b'"./', f'"{root}/'.encode())


def test_assets_are_kept_for_ever_and_the_page_is_asked_for_each_time(built: Path) -> None:
    asset = file_answer(built, "assets/index-Ab12.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.media_type == "text/javascript"
    assert file_answer(built, "").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000", None),
        ("brotli, x-gzip", None),
        ("", None),
    ],
)
def test_a_browser_gets_the_smallest_file_that_it_takes(built: Path, accepted: str, encoding: str | None) -> None:
    taken = encodings_in(accepted)
    packed = file_answer(built, "assets/index-Ab12.js", taken=taken)
    assert isinstance(packed, FileResponse)
    assert packed.headers.get("content-encoding") == encoding
    assert packed.media_type == "text/javascript"
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[encoding]
    assert unpack(Path(packed.path).read_bytes()) == SCRIPT
    assert "content-encoding" not in file_answer(built, "", taken=taken).headers


@pytest.mark.parametrize("address", ["", "sync", "offers", "history/abc", "settings/users", "gone.txt"])
def test_an_address_of_the_page_is_answered_with_the_page(built: Path, address: str) -> None:
    assert is_page(built, address)


@pytest.mark.parametrize("address", ["../secret.txt", "/etc/passwd", "//etc/passwd", ".vite/manifest.json", "a\0b"])
def test_nothing_outside_the_folder_is_served(built: Path, address: str) -> None:
    assert is_page(built, address)


def test_below_a_path_of_the_proxy_the_page_names_its_files_there(built: Path) -> None:
    assert is_page(built, "offers", root="/emag")


def test_a_way_out_of_the_assets_is_no_asset(built: Path) -> None:
    with pytest.raises(ApiProblem):
        file_answer(built, "assets/../../secret.txt")


def test_an_asset_of_an_older_build_is_missing_rather_than_a_page(built: Path) -> None:
    with pytest.raises(ApiProblem) as caught:
        file_answer(built, "assets/index-Old1.js", taken={"gzip"})
    assert caught.value.status == 404


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    answer = file_answer(tmp_path, "")
    assert answer.status_code == 404
    assert b"make web" in bytes(answer.body)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/nothing", "/api/v1/emag/nothing", "/health/nothing"])
async def test_an_unknown_route_of_the_api_is_a_problem_not_a_page(api: Api, path: str) -> None:
    answer = await api.stranger.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
