"""What the fork server makes is what a new interpreter would be."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import processes
from support.processes import AsyncProcess, forking
from support.program import environment

PROBE = """
import gc, json, os, random, signal, sys, threading
streams = [sys.stdin, sys.stdout, sys.stderr]
print(json.dumps({
    "arguments": sys.argv,
    "variables": dict(os.environ),
    "folder": os.getcwd(),
    "path": sys.path[0],
    "parent": os.getppid(),
    "group": os.getpgid(0),
    "session": os.getsid(0),
    "umask": os.umask(0),
    "handlers": {str(number): str(signal.getsignal(number)) for number in (2, 13, 15, 17)},
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "gc": [gc.isenabled(), gc.get_threshold()],
    "threads": threading.active_count(),
    "streams": [[one.encoding, one.errors, one.line_buffering, one.isatty(), one.name] for one in streams],
    "buffers": [[one.write_through, type(one.buffer).__name__] for one in streams],
    "files": [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")],
    "name": __name__,
}))
print(sys.stdin.read(), random.random(), os.getpid(), file=sys.stderr)
"""
VARIABLES = {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", "ODD": "ș=\n1"}
BOTH = pytest.mark.parametrize("fresh", [True, False], ids=["a new interpreter", "forked"])


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(text)
    return path


def ended(*arguments: str, stdin: bytes = b"", env: dict[str, str] = VARIABLES, **options: Any) -> tuple[int, str, str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with processes.start(*arguments, env=env, **pipes, **options) as process:
        out, err = process.communicate(stdin)
    return process.returncode, out.decode(), err.decode()


def test_a_forked_process_finds_what_a_new_interpreter_finds(tmp_path: Path) -> None:
    path = script(tmp_path, PROBE)
    seen = []
    for fresh in (True, False):
        code, out, err = ended("a", "ț b", stdin=b"said", script=path, cwd=tmp_path, fresh=fresh)
        assert (code, err.split()[0]) == (0, "said")
        seen.append(json.loads(out))
    assert seen[0] == seen[1]
    assert seen[1]["parent"] == os.getpid()


@pytest.mark.parametrize("options", [[], ["-P"]], ids=["", "without its folder"])
def test_a_module_that_the_code_under_test_runs_finds_what_a_new_interpreter_finds(
    tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "probe.py").write_text(PROBE.replace("os.getppid()", "[sys.path[:2], sys.dont_write_bytecode]"))
    command = [sys.executable, *options, "-m", "probe", "a"]
    env = VARIABLES | {"PYTHONPATH": f"{tmp_path}:/elsewhere", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    seen = [json.loads(subprocess.check_output(command, cwd="/", env=env, stderr=subprocess.DEVNULL))]
    with forking("probe"):
        seen.append(json.loads(subprocess.check_output(command, cwd="/", env=env, stderr=subprocess.DEVNULL)))
    assert seen[0] == seen[1]


def test_of_what_the_code_under_test_runs_only_modules_of_the_package_are_forked(tmp_path: Path) -> None:
    text = "import pathlib; print('fork_' 'server' in pathlib.Path('/proc/self/cmdline').read_text())"
    for name in ("probe.py", "other.py"):
        (tmp_path / name).write_text(text)
    with forking("probe"):
        said = [
            subprocess.check_output([sys.executable, *arguments], cwd=tmp_path, env=VARIABLES)
            for arguments in (["-m", "probe"], ["-m", "other"], ["-c", text], ["probe.py"])
        ]
    assert said == [b"True\n", b"False\n", b"False\n", b"False\n"]


def test_two_forked_processes_have_their_own_ids_and_chances(tmp_path: Path) -> None:
    path = script(tmp_path, PROBE)
    said = [ended(script=path)[2] for _ in range(2)]
    assert said[0] != said[1]


def test_a_session_of_its_own(tmp_path: Path) -> None:
    path = script(tmp_path, "import os; print(os.getsid(0) == os.getpid())")
    assert ended(script=path, start_new_session=True)[1] == "True\n"


@BOTH
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param("", 0, "", id="its end"),
        pytest.param("raise SystemExit(7)", 7, "", id="a code"),
        pytest.param("raise SystemExit('no')", 1, "no\n", id="a sentence"),
        pytest.param("raise SystemExit(-1)", 255, "", id="a code out of bounds"),
        pytest.param("import os; os._exit(3)", 3, "", id="at once"),
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, "", id="killed"),
        pytest.param("import sys; sys.excepthook = lambda *e: print(*e[:1]); 1 / 0", 1, "", id="an error, hooked"),
        pytest.param(
            "import sys; sys.excepthook = lambda *_: 0; raise KeyboardInterrupt", -signal.SIGINT, "", id="interrupted"
        ),
        pytest.param(
            "import atexit, sys; atexit.register(sys.stderr.write, 'last')\nraise SystemExit(4)", 4, "last", id="atexit"
        ),
        pytest.param(
            "import sys, threading; threading.Timer(0.05, sys.stderr.write, ['thread']).start()",
            0,
            "thread",
            id="thread",
        ),
        pytest.param("import os; os.close(1); print('lost')", 120, None, id="no output"),
    ],
)
def test_it_ends_as_a_new_interpreter_ends(tmp_path: Path, text: str, code: int, said: str | None, fresh: bool) -> None:
    found, _, err = ended(script=script(tmp_path, text), fresh=fresh)
    assert found == code
    assert said is None or err == said


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_ends_it_and_is_told_of(tmp_path: Path, number: int, fresh: bool) -> None:
    # Where the tests run in the background of a shell, what they start ignores SIGINT.
    text = "import signal, sys, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    text += "sys.excepthook = lambda *_: 0\nprint('here', flush=True)\ntime.sleep(60)"
    path = script(tmp_path, text)
    process = await AsyncProcess.start(script=path, env=VARIABLES, cwd=tmp_path, fresh=fresh)
    assert await process.stdout.readline() == b"here\n"
    assert process.returncode is None
    process.send_signal(number)
    assert await process.wait() == -number
    assert not Path(f"/proc/{process.pid}").exists()


def test_the_interpreters_own_variables_are_left_to_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    assert processes.can_fork(environment(tmp_path))
    assert processes.can_fork(VARIABLES)
    assert not processes.can_fork(VARIABLES | {"PYTHONPATH": "/elsewhere"})


def test_a_command_is_the_same_either_way() -> None:
    assert ended("--help") == ended("--help", fresh=True)
    assert ended("nope") == ended("nope", fresh=True)


def test_orphans_of_other_programs_are_not_ours_afterwards(tmp_path: Path) -> None:
    ended(script=script(tmp_path, ""))
    wanted = ctypes.c_int(-1)
    ctypes.CDLL(None).prctl(37, ctypes.byref(wanted), 0, 0, 0)  # PR_GET_CHILD_SUBREAPER
    assert wanted.value == 0
