"""The servers that tests use: real, restartable, and gone with the process that started them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from support.servers import PostgresServer, RedisServer

KILLED = """
import os
from support.servers import PostgresServer, RedisServer
servers = [PostgresServer(), RedisServer()]
for server in servers:
    server.start()
    print(server.pid, server.folder)
os.sys.stdout.flush()
os.kill(os.getpid(), 9)
"""


def test_a_killed_postgresql_comes_back_on_the_same_port_with_the_same_data() -> None:
    with PostgresServer() as server:
        psql = [server.program("psql"), "--no-psqlrc", "-At", server.url, "-c"]
        subprocess.run([*psql, "CREATE TABLE kept (id integer)"], check=True, capture_output=True)
        address = server.url
        server.kill()
        assert not server.is_running
        server.start()
        assert server.url == address
        said = subprocess.run([*psql, "SELECT count(*) FROM kept"], check=True, capture_output=True, text=True)
        assert said.stdout.strip() == "0"
        folder = server.folder
    assert not folder.exists()


def test_a_redis_comes_back_too() -> None:
    with RedisServer(durable=True) as server:
        before = server.pid
        server.restart()
        assert server.is_running
        assert server.pid != before


def test_servers_and_their_folders_go_with_a_process_that_was_killed() -> None:
    tests = Path(__file__).parents[1]
    said = subprocess.run([sys.executable, "-c", KILLED], cwd=tests, capture_output=True, text=True)
    started = [line.split() for line in said.stdout.splitlines()]
    assert len(started) == 2, said.stderr
    end = time.monotonic() + 60
    while any(psutil.pid_exists(int(pid)) or Path(folder).exists() for pid, folder in started):
        assert time.monotonic() < end, started
        time.sleep(0.05)
