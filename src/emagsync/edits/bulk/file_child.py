"""The process that reads one file of edits: its bytes on standard input, the answer as JSON on standard output.

`file_process` starts it. It limits itself before it looks at the first byte: private memory, CPU time, no files, no
processes.
"""

from __future__ import annotations

import resource
import sys
from typing import Final

import msgspec

from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_limits import MOST_ANSWER_BYTES, MOST_CPU_SECONDS, MOST_FILE_BYTES, MOST_MEMORY_BYTES
from emagsync.edits.bulk.file_reading import Answer, FileOptions, Refusal
from emagsync.edits.errors import FileUnreadable

# What it has open already stays open.
_OPEN_FILES: Final = 8


def main() -> None:
    """Read the file on standard input with the options in the first argument."""
    options = msgspec.json.decode(sys.argv[1], type=FileOptions)
    limit_this_process()
    answer = _encoded(options)
    if len(answer) > MOST_ANSWER_BYTES:
        answer = msgspec.json.encode(_refused(FileUnreadable("too_demanding")))
    sys.stdout.buffer.write(answer)


def limit_this_process(memory_bytes: int = MOST_MEMORY_BYTES, cpu_seconds: int = MOST_CPU_SECONDS) -> None:
    """Set the limits of `file_limits`, or others, for what this process does from now on."""
    limits = {
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        _, hard = resource.getrlimit(limit)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (allowed, allowed))


def _encoded(options: FileOptions) -> bytes:
    try:
        content = sys.stdin.buffer.read(MOST_FILE_BYTES + 1)
        return msgspec.json.encode(Answer(reading=read_file(content, options)))
    except FileUnreadable as error:
        return msgspec.json.encode(_refused(error))
    except (MemoryError, RecursionError):
        return msgspec.json.encode(_refused(FileUnreadable("too_demanding")))


def _refused(error: FileUnreadable) -> Answer:
    return Answer(refusal=Refusal(error.reason, error.values))


if __name__ == "__main__":
    main()
