"""Whether the server of this machine can work: ends with 0 when it says that it is ready, else with 1 and one line.

Needs nothing but Python. The server is called by a name that it answers to and on the port that it listens on, as its
own settings say.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

PATIENCE_SECONDS = 8


def main() -> int:
    """Ask `/health/ready`."""
    port = os.environ.get("EMAGSYNC_PORT") or "8000"
    names = os.environ.get("EMAGSYNC_ALLOWED_HOSTS", "").split(",")
    name = next((name.strip() for name in names if name.strip()), "127.0.0.1")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/health/ready", headers={"Host": f"{name}:{port}"})
    # Whatever proxy the environment names, this call stays on the machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
            sys.stdout.write(answer.read().decode() + "\n")
    except urllib.error.HTTPError as error:
        return _failed(f"not ready: {error.code} {error.read(500).decode(errors='replace')}")
    except OSError as error:
        return _failed(f"no answer: {error}")
    return 0


def _failed(why: str) -> int:
    sys.stderr.write(why + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
