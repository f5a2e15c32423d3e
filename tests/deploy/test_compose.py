"""The Compose file, read as Compose reads it. There is no engine here to start it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.documents import DEPLOY, compose, example, interpolated, variables_of
from emagsync.core.settings import load_settings, setting_names
from emagsync.entrypoints.cli.app import build
from support.patience import PATIENCE_SECONDS
from support.ports import free_port

TEXT = (DEPLOY / "compose.yml").read_text()
SERVICES: dict[str, Any] = compose()["services"]
OURS = ("api", "worker", "beat")

# Keys of the Compose specification that are used here.
_KEYS = {
    *("image", "build", "restart", "init", "read_only", "tmpfs", "cap_drop", "cap_add", "security_opt", "env_file"),
    *("environment", "volumes", "networks", "logging", "command", "ports", "stop_grace_period", "healthcheck"),
    *("depends_on", "shm_size", "user", "entrypoint"),
}
SECRET = "a" * 40


def filled_in() -> dict[str, str]:
    """deploy/.env as the example asks for it."""
    values = {name: value or SECRET for name, value in example("env.example").items()}
    return {name: value for name, value in values.items() if not name.startswith("#")}


def test_it_is_made_of_what_is_needed_and_nothing_unknown() -> None:
    document = compose()
    assert set(SERVICES) == {"db", "redis", "api", "worker", "beat", "prometheus", "grafana"}
    # Neither secrets nor configurations: Compose puts none that is made of a variable into a read-only container.
    assert {key for key in document if not key.startswith("x-")} == {"name", "services", "networks", "volumes"}
    assert {key for service in SERVICES.values() for key in service} <= _KEYS


def test_what_services_refer_to_is_there() -> None:
    document = compose()
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(document["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in document["volumes"], volume
    for name in OURS:
        build_ = SERVICES[name]["build"]
        assert (DEPLOY / build_["context"] / build_["dockerfile"]).is_file()
        assert [(DEPLOY / f"{file}.example").is_file() for file in SERVICES[name]["env_file"]] == [True]


def test_everything_comes_back_after_a_restart_and_waits_for_what_it_needs() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped", name
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert other == "api" or "test" in SERVICES[other]["healthcheck"], f"{name} waits for {other} for ever"
    assert set(SERVICES["api"]["depends_on"]) == {"db", "redis"}
    assert set(SERVICES["worker"]["depends_on"]) == {"db", "redis", "api"}
    assert "healthcheck" not in SERVICES["api"], "the image's own check is for the server"
    assert "HEALTHCHECK" in (DEPLOY / "Dockerfile").read_text()


def test_only_this_machine_reaches_it() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert compose()["networks"]["inside"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("db", "redis"))


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_do_anything_that_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # To give its volume to a user of its own, and to become it.
    given = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name == "db" else set()
    assert set(service.get("cap_add", [])) == given


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_foreign_images_have_a_version_and_are_pinned_by_digest(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"[a-z/]+:v?\d+[\w.\-]*@sha256:[0-9a-f]{64}", image), image


def test_a_container_gets_no_password_that_it_does_not_need() -> None:
    secrets = {name: set(re.findall(r"\b[A-Z_]*(?:PASSWORD|SECRET_KEY|TOKEN)\b", str(SERVICES[name]))) for name in OURS}
    needed = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "EMAGSYNC_SECRET_KEY"}
    assert secrets["worker"] == secrets["beat"] == needed
    assert secrets["api"] == needed | {"EMAGSYNC_ADMIN_PASSWORD", "EMAGSYNC_METRICS__TOKEN"}


def test_the_commands_are_those_of_the_command_line() -> None:
    known = build().commands
    assert {name: SERVICES[name]["command"][0] in known for name in OURS} == dict.fromkeys(OURS, True)


@pytest.mark.parametrize("missing", [name for name, how in variables_of(TEXT).items() if how == ":?"])
def test_without_a_password_it_does_not_start(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        interpolated(compose(), {**filled_in(), missing: ""})


def test_the_example_has_every_variable_and_no_secret() -> None:
    given = example("env.example")
    needed = {name for name, how in variables_of(TEXT).items() if how == ":?"}
    optional = set(variables_of(TEXT)) - needed
    assert {name for name in given if not name.startswith("#")} == needed
    assert {name.lstrip("#") for name in given if name.startswith("#")} == optional
    assert all(given[name] == "" for name in needed)


def test_no_password_has_a_default() -> None:
    for name, how in variables_of(TEXT).items():
        if re.search("PASSWORD|SECRET|TOKEN", name):
            assert how == ":?", name
    assert not re.search(r"(?im)^ +\w*(password|secret|token|auth): +[^$\s\[{]", TEXT)


def test_the_settings_that_our_containers_get_are_good_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = interpolated(compose(), {**filled_in(), "EMAGSYNC_NAMES": "emagsync.shop.example"})["services"]["api"]
    assert set(service["environment"]) <= set(setting_names())
    for name, value in service["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings(None, data_dir=tmp_path)
    assert settings.executor == "celery"
    assert settings.allowed_hosts == ("127.0.0.1", "localhost", "api", "emagsync.shop.example")
    assert settings.effective_database_url == f"postgresql://emagsync:{SECRET}@db/emagsync"
    assert SECRET not in repr(settings)


def started_as_in(service: dict[str, Any], tmp_path: Path, port: int) -> subprocess.Popen[str]:
    """What a service runs, on this machine: its files are in `tmp_path`, and so are programs that replace others."""
    here = {"/data": f"{tmp_path} --port {port}", "/tmp/": f"{tmp_path}/"}  # in its container
    words = [
        re.sub("|".join(here), lambda found: here[found[0]], word)
        for word in (*service.get("entrypoint", []), *service["command"])
    ]
    environment = {**service["environment"], "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_redis_demands_its_password_which_no_list_of_processes_shows_and_ends_when_told(tmp_path: Path) -> None:
    service = interpolated(compose(), filled_in())["services"]["redis"]
    port = free_port()
    with started_as_in(service, tmp_path, port) as process:
        try:
            assert process.stdout is not None
            assert any("Ready to accept connections" in line for line in process.stdout)
            ask = ["redis-cli", "-p", str(port), "ping"]
            allowed = {**os.environ, "REDISCLI_AUTH": SECRET}
            assert "PONG" in subprocess.run(ask, env=allowed, capture_output=True, text=True, check=True).stdout
            assert "NOAUTH" in subprocess.run(ask, capture_output=True, text=True, check=False).stdout
            assert SECRET not in Path(f"/proc/{process.pid}/cmdline").read_text()
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_prometheus_gets_the_token_that_the_server_demands_as_a_file_of_its_own(tmp_path: Path) -> None:
    services = interpolated(compose(), filled_in())["services"]
    program = tmp_path / "prometheus"
    program.write_text('#!/bin/sh\nenv; echo "$@"\n')
    program.chmod(0o755)
    with started_as_in(services["prometheus"], tmp_path, free_port()) as process:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    token = tmp_path / "metrics_token"
    assert token.read_text() == services["api"]["environment"]["EMAGSYNC_METRICS__TOKEN"] == SECRET
    assert token.stat().st_mode & 0o777 == 0o600
    assert SECRET not in said
    assert said.splitlines()[-1] == " ".join(services["prometheus"]["command"])
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    job = next(one for one in config["scrape_configs"] if one["job_name"] == "emagsync")
    assert job["authorization"]["credentials_file"] == "/tmp/metrics_token"  # in its container
    assert job["static_configs"] == [{"targets": ["api:8000"]}]
    assert "api" in services["api"]["environment"]["EMAGSYNC_ALLOWED_HOSTS"].split(",")


@pytest.mark.parametrize(("name", "oldest"), [("redis", (8, 10)), ("prometheus", (3, 13)), ("grafana", (13, 2))])
def test_foreign_images_are_of_lines_that_are_supported(name: str, oldest: tuple[int, int]) -> None:
    """As of November 2026; docs/deploy.md has until when."""
    version = re.search(r":v?(\d+)\.(\d+)", SERVICES[name]["image"])
    assert version is not None
    assert (int(version[1]), int(version[2])) >= oldest
