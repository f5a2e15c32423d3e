"""Commands of `emagsync` as processes: forked from a server that has everything imported, or started anew.

A forked process is as real as another: it has its own id, variables, folder and streams, it is a child of this process,
and it dies of the same signals. It is there in a hundredth of a second, where a new interpreter takes most of one to
import what the command needs. `fresh=True` starts a new interpreter all the same: for tests of the start itself.

Code under test starts programs of ours, too. Within `forking` these are forked as well.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from support import fork_server
from support.patience import PATIENCE_SECONDS

MODULE = "emagsync"
_Popen = subprocess.Popen  # also within `forking`
# The variables of an interpreter's own that a forked process heeds.
_HEEDED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def start(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | str | None = None,
    module: str = MODULE,
    script: Path | None = None,
    fresh: bool = False,
    **options: Any,
) -> subprocess.Popen[Any]:
    """Start `python -m module` or `python script` with exactly these variables.

    `options` are those of `subprocess.Popen` about streams and text, and `start_new_session`.
    """
    what = [str(script)] if script else ["-m", module]
    make = _Popen if fresh or not can_fork(env) else _Forked
    return make([sys.executable, *what, *arguments], env=dict(env), cwd=cwd, **options)


def can_fork(env: Mapping[str, str]) -> bool:
    """Whether a forked command is what a new interpreter with these variables would be."""
    return _kernel_forks() and not any(name.startswith("PYTHON") for name in env)


@functools.cache
def _kernel_forks() -> bool:
    return sys.platform == "linux" and fork_server.is_possible()


@contextmanager
def forking(package: str = MODULE) -> Iterator[None]:
    """Modules of the package that this process runs by `python -m` are forked.

    Not for what limits its own memory: a forked process has everything imported.
    """
    with mock.patch.object(subprocess, "Popen", functools.partial(_ForkedIfOf, package)):
        yield


class AsyncProcess:
    """A process of `start`, for an event loop: its output is piped, its input empty."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.stdout = asyncio.StreamReader()
        self.stderr = asyncio.StreamReader()

    @classmethod
    async def start(cls, *arguments: str, **options: Any) -> AsyncProcess:
        """`options` are those of `processes.start`."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        # In a thread: the first one waits for the fork server.
        process = await asyncio.to_thread(start, *arguments, **streams, **options)
        started = cls(process)
        await started._connect()
        return started

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the number of the signal that ended it; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it still says, when it has ended."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        for reader, pipe in ((self.stdout, self._process.stdout), (self.stderr, self._process.stderr)):
            await loop.connect_read_pipe(functools.partial(asyncio.StreamReaderProtocol, reader), pipe)

        def settle(code: int) -> None:
            if not self._ended.done():
                self._ended.set_result(code)

        def watch() -> None:
            code = self._process.wait()
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, code)

        threading.Thread(target=watch, daemon=True).start()


class _Forked(_Popen[Any]):
    """A process that the fork server makes; everything else of it is `subprocess`'s own.

    Its arguments are those of a new interpreter: `python -m module` or `python script`, perhaps with `-P`.
    """

    def _execute_child(self, args: list[str], *others: Any) -> None:
        # In the order of `subprocess.Popen._execute_child`.
        _, _, _, _, cwd, env, _, _, _, child_in, our_in, our_out, child_out, our_err, child_err, *rest = others
        new_session = bool(rest[5])
        is_safe, rest_of_line = args[1] == "-P", args[2:] if args[1] == "-P" else args[1:]
        is_module = rest_of_line[0] == "-m"
        first, *arguments = rest_of_line[is_module:]
        wanted = {
            "module": first if is_module else None,
            "script": None if is_module else first,
            "arguments": arguments,
            "safe_path": is_safe,
            "environment": dict(os.environ if env is None else env),
            "folder": str(cwd or Path.cwd()),
            "new_session": new_session,
        }
        streams = [
            default if stream == -1 else stream for default, stream in enumerate((child_in, child_out, child_err))
        ]
        self.pid = _server().fork(wanted, streams)
        self._child_created = True
        self._close_pipe_fds(child_in, our_in, our_out, child_out, our_err, child_err)


class _ForkedIfOf(_Forked):
    """A forked process where `python -m` is to run a module of the package, else one like any other."""

    def __init__(self, package: str, args: Any, **options: Any) -> None:
        self._package = package
        super().__init__(args, **options)

    def _execute_child(self, args: Any, *others: Any) -> None:
        env = os.environ if others[5] is None else others[5]
        is_heeded = _HEEDED.issuperset(name for name in env if name.startswith("PYTHON"))
        if is_heeded and _kernel_forks() and self._runs_it(args):
            super()._execute_child(args, *others)
        else:
            super(_Forked, self)._execute_child(args, *others)  # type: ignore[misc]

    def _runs_it(self, args: Any) -> bool:
        if isinstance(args, str) or args[0] != sys.executable:
            return False
        first, *rest = (word for word in args[1:] if word != "-P")
        return bool(first == "-m" and rest[0].partition(".")[0] == self._package)


class _Server:
    """The fork server of this process."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = str(theirs.fileno())
        self._process = _Popen(
            [sys.executable, fork_server.__file__, number],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"},
            cwd="/",
        )
        theirs.close()
        self._control.settimeout(PATIENCE_SECONDS)
        try:
            assert self._control.recv(16) == b"ready"
        except BaseException:
            self._process.kill()
            self.close()
            raise

    def fork(self, wanted: Mapping[str, Any], streams: list[int]) -> int:
        """The id of a new child of this process."""
        message = json.dumps(wanted).encode()
        assert len(message) < fork_server.MOST_BYTES
        with self._asking:
            socket.send_fds(self._control, [message], streams)
            return int(self._control.recv(32))

    def close(self) -> None:
        self._control.close()
        self._process.wait(PATIENCE_SECONDS)


_starting = threading.Lock()


def _server() -> _Server:
    with _starting:
        return _started()


@functools.cache
def _started() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server
