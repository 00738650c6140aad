"""Where a secret is found."""

from pathlib import Path

import pytest

from bot.errors import StartError
from bot.runtime.files.credentials import read_secret


def test_a_file_counts_before_a_credential_before_the_environment_before_the_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "mqtt-password").write_text("credential\n")
    (tmp_path / "file").write_text("from file\n")
    environment = {
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "ISHOWTTS_MQTT_PASSWORD": "environment",
    }

    def found(file: Path | None = None) -> str | None:
        return read_secret(
            "mqtt-password", configured="configured", file=file, environment=environment
        )

    assert found(tmp_path / "file") == "from file"
    assert found() == "credential"
    (tmp_path / "mqtt-password").unlink()
    assert found() == "environment"
    environment.clear()
    assert found() == "configured"


def test_a_credential_that_was_loaded_with_its_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "twitch-login_mqtt-password").write_text("credential")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert read_secret("mqtt-password", environment=environment) == "credential"


def test_where_nothing_is_there_is_no_secret() -> None:
    assert read_secret("mqtt-password", environment={}) is None


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_secret_is_refused_without_being_shown(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(StartError, match=r"holds no secret|longer than 4 KiB") as refused:
        read_secret("mqtt-password", file=path)

    assert not content or content.decode(errors="replace") not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="absent, cannot be read: No such file"):
        read_secret("mqtt-password", file=tmp_path / "absent")


def test_a_credential_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").mkdir()
    with pytest.raises(StartError, match="mqtt-password, cannot be read: Is a directory"):
        read_secret("mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
