"""The image's recipe, and what it installs: a wheel, as its steps build it. There is no engine here to run them."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.documents import DEPLOY, REPO, is_ignored
from support.patience import PATIENCE_SECONDS
from support.ports import free_port

DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
HEALTHCHECK = DEPLOY / "healthcheck.py"
STAGES = [
    re.findall(r"^([A-Z]+) +(.+)$", stage, re.MULTILINE)
    for stage in re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]
]


def instructions(name: str) -> list[str]:
    """What an instruction of the last stage is given, each time."""
    return [given for found, given in STAGES[-1] if found == name]


def test_the_image_holds_neither_compilers_nor_secrets_and_runs_without_rights() -> None:
    assert len(STAGES) == 3
    for stage in STAGES:
        assert re.fullmatch(r"[a-z]+:[\d.]+-[\w-]*slim[\w-]*@sha256:[0-9a-f]{64}( AS \w+)?", stage[0][1]), stage[0]
    assert instructions("USER") == ["10001:10001"], "by number: of a name nobody can tell whether it is root's"
    assert "--uid 10001" in DOCKERFILE
    assert "--gid 10001" in DOCKERFILE
    assert [given.split()[0] for given in instructions("COPY")] == ["--from=build", "deploy/healthcheck.py"]
    assert instructions("VOLUME") == ["/var/lib/emagsync"]
    assert not re.search(r"^(ARG|ENV).*(PASSWORD|SECRET|TOKEN|USERNAME)", DOCKERFILE, re.MULTILINE)
    assert all(
        "--require-hashes" in step or "--no-index" in step for step in re.findall(r"pip install[^&]*", DOCKERFILE)
    )


def test_the_program_itself_gets_the_signals() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        assert instructions(name)[0].startswith('["'), f"{name} would be run by a shell"
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert 'CMD ["python", "/opt/emagsync/healthcheck.py"]' in instructions("HEALTHCHECK")[0]


def test_everything_that_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    copied = [given for stage in STAGES for name, given in stage if name == "COPY" and "--from" not in given]
    sources = [source for given in copied for source in shlex.split(given)[:-1]]
    assert sources
    for source in sources:
        assert (REPO / source).exists(), source
        assert not is_ignored(source.rstrip("/")), source
    for name in ("base", "tracing", "build"):
        assert (REPO / "requirements" / f"{name}.txt").is_file()


@pytest.mark.parametrize(
    "path",
    [
        *("deploy/.env", "deploy/emagsync.env", ".env", ".git/config", "web/node_modules/antd/package.json"),
        *(".venv/bin/python", "src/emagsync/__pycache__/x.pyc", "src/emagsync.sqlite3", "tests/conftest.py"),
    ],
)
def test_secrets_and_leftovers_are_not_sent_to_the_builder(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize("path", ["src/emagsync/__main__.py", "web/src/main.tsx", "requirements/base.txt", "LICENSE"])
def test_what_is_built_is_sent_to_the_builder(path: str) -> None:
    assert not is_ignored(path)


@pytest.mark.parametrize(("name", "extras"), [("base", ()), ("tracing", ("tracing",))])
def test_the_pinned_requirements_are_all_that_the_program_needs(name: str, extras: tuple[str, ...]) -> None:
    lines = (REPO / "requirements" / f"{name}.txt").read_text()
    pinned = {normal(found) for found in re.findall(r"^([\w.\-]+)(?:\[[^\]]*\])?==", lines, re.MULTILINE)}
    assert needed("emagsync", extras) - pinned == set()


def needed(distribution: str, extras: tuple[str, ...] = (), seen: set[str] | None = None) -> set[str]:
    """Everything that an installed distribution needs here, by what its packages say."""
    found = set() if seen is None else seen
    for text in metadata.requires(distribution) or ():
        requirement = Requirement(text)
        name = normal(requirement.name)
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        if wanted and name not in found:
            found.add(name)
            needed(requirement.name, tuple(requirement.extras), found)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(name="installed", scope="module")
def wheel_in_an_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `emagsync` of a wheel that was built from what the builder gets; its requirements are this environment's."""
    folder = tmp_path_factory.mktemp("image")
    context = folder / "context"
    for path in ("pyproject.toml", "README.md", "LICENSE"):
        context.mkdir(exist_ok=True)
        shutil.copy(REPO / path, context)
    shutil.copytree(REPO / "src", context / "src", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=context, check=True, capture_output=True
    )
    venv.create(folder / "venv", with_pip=False)
    packages = next((folder / "venv").glob("lib/python3*/site-packages"))
    wheel = next((context / "dist").glob("*.whl"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", packages, wheel],
        check=True,
    )
    # Behind the wheel's own files, so that those win over the ones of this checkout.
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "requirements.pth").write_text("\n".join(ours))
    return folder / "venv" / "bin" / "python"


@pytest.mark.thorough
def test_the_wheel_has_everything_that_the_program_reads(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed, "-c", "import emagsync; print(emagsync.__file__)"], capture_output=True, text=True, check=True
    )
    assert Path(where.stdout.strip()).is_relative_to(installed.parents[1])
    said = subprocess.run(
        [installed, "-m", "emagsync", "--data-dir", tmp_path, "db", "upgrade"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    package = Path(where.stdout.strip()).parent
    kept = {path.relative_to(REPO / "src/emagsync") for path in files_of(REPO / "src/emagsync")}
    assert kept - {path.relative_to(package) for path in files_of(package)} == set()


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.mark.thorough
async def test_the_health_check_says_whether_the_server_works(installed: Path, tmp_path: Path) -> None:
    port = str(free_port())
    # A name of its own, as behind a proxy: the check still has to be let in.
    variables = {"EMAGSYNC_PORT": port, "EMAGSYNC_ALLOWED_HOSTS": "emagsync.shop.example", "HOME": str(tmp_path)}
    variables |= {"EMAGSYNC_DATA_DIR": str(tmp_path), "EMAGSYNC_ADMIN_PASSWORD": "correct horse battery"}
    assert await checked(installed, variables) == 1
    server = await asyncio.create_subprocess_exec(
        installed, "-m", "emagsync", "serve", env=variables, cwd=tmp_path, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while server.returncode is None and await checked(installed, variables) != 0:
                await asyncio.sleep(0.1)
        assert server.returncode is None
        assert await checked(installed, variables | {"EMAGSYNC_ALLOWED_HOSTS": "another.example"}) == 1
        server.terminate()
        assert await asyncio.wait_for(server.wait(), PATIENCE_SECONDS) == 0
        assert await checked(installed, variables) == 1
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def checked(python: Path, variables: dict[str, str]) -> int:
    check = await asyncio.create_subprocess_exec(
        python, HEALTHCHECK, env=variables, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await check.wait()
