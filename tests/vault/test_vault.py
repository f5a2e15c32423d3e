"""What is sealed with the server's key is read with it, and with nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emagsync.core.errors import ConfigurationError
from emagsync.core.secrets import secrets_of
from emagsync.core.settings import Settings, load_settings
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

NEW, OLD = "new-" * 10, "old-" * 10


def settings(folder: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **values)  # type: ignore[arg-type, call-arg]


def test_a_key_is_made_beside_the_database_that_only_its_owner_can_read(tmp_path: Path) -> None:
    sealed = Vault(settings(tmp_path)).seal("totp", "a secret ț")
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert "secret" not in sealed
    assert Vault(settings(tmp_path)).unseal("totp", sealed) == "a secret ț"


def test_nothing_is_made_before_something_is_sealed(tmp_path: Path) -> None:
    Vault(settings(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "purpose"),
    [
        pytest.param({"secret_key": NEW}, "totp", id="another key"),
        pytest.param({"secret_key": OLD}, "device", id="another purpose"),
    ],
)
def test_what_another_key_or_purpose_sealed_is_not_read(tmp_path: Path, values: dict[str, str], purpose: str) -> None:
    sealed = Vault(settings(tmp_path, secret_key=OLD)).seal("totp", "a secret")
    with pytest.raises(SealBroken):
        Vault(settings(tmp_path, **values)).unseal(purpose, sealed)


def test_a_text_that_was_altered_is_not_read(tmp_path: Path) -> None:
    vault = Vault(settings(tmp_path))
    sealed = vault.seal("totp", "a secret")
    for altered in (
        "",
        "x",
        sealed[:-2],
        sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:],
    ):
        with pytest.raises(SealBroken):
            vault.unseal("totp", altered)


def test_an_old_key_still_reads_and_the_new_one_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = Vault(settings(tmp_path, secret_key=OLD)).seal("totp", "a secret")
    monkeypatch.setenv("EMAGSYNC_SECRET_KEY", NEW)
    monkeypatch.setenv("EMAGSYNC_OLD_SECRET_KEYS", f"{'other-' * 6}, {OLD}")
    rotated = load_settings(None, data_dir=tmp_path)
    assert Vault(rotated).unseal("totp", sealed) == "a secret"
    again = Vault(rotated).seal("totp", "a secret")
    assert Vault(settings(tmp_path, secret_key=NEW)).unseal("totp", again) == "a secret"
    # Old keys are hidden in logs as the new one is.
    assert {NEW, OLD} <= set(secrets_of(rotated).values())
    assert not re.search(f"{OLD}|{NEW}", repr(rotated))


def test_a_missing_data_directory_says_which_setting_helps(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="EMAGSYNC_SECRET_KEY"):
        Vault(settings(tmp_path / "missing")).seal("totp", "a secret")
