"""The daemon works with as few rights as the system's unit leaves it.

A manager of the system would set up and clean what belongs to the whole machine, so the unit runs
under one of a user who is root, which sets the same limits. What that one cannot do is left out.
The tests lie in `/tmp` and may lie in a home, so these stay visible.
"""

from fnmatch import fnmatch
from pathlib import Path

from bot.service import units
from tests.service.conftest import UserManager

CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: device, device: tts}}, {{type: wavefile, path: speech.wav}}]
engine: {{engines: [{engine}]}}
"""
ENGINE = "hibari"
LEFT_OUT = (
    *("DynamicUser=", "User=", "SupplementaryGroups="),
    *("PrivateTmp=", "ProtectHome="),
    *("ProtectKernelLogs=", "ProtectKernelTunables="),  # hide files that it has no means to hide
)


def test_it_speaks_with_the_rights_of_the_systems_unit(manager: UserManager) -> None:
    state = manager.home / ".config" / "ishowtts"  # where a user's manager has StateDirectory=
    state.mkdir(parents=True)
    (state / ".asoundrc").write_bytes((manager.home / ".asoundrc").read_bytes())
    config = manager.home / "config.yaml"
    config.write_text(CONFIG.format(engine=ENGINE))
    place = units.system_place(manager.home)
    place.credentials.mkdir(parents=True)
    (place.credentials / "twitch-1.json").write_text("{}")
    text = dict(units.rendered(place, version=252, config=config))[units.MAIN]
    lines = [line for line in text.splitlines() if not line.startswith(LEFT_OUT)]
    unit = manager.home / ".config/systemd/user" / units.MAIN
    unit.parent.mkdir(parents=True)
    unit.write_text("\n".join(lines))
    manager.systemctl("daemon-reload")

    manager.systemctl("start", units.MAIN)

    recording = manager.pulse.record()
    body = '{"author": {"name": "viewer1"}, "text": "hello"}'
    url, kind = "http://127.0.0.1:7850/api/chat", "Content-Type: application/json"
    manager.run("curl", "--fail", "--silent", url, "--header", kind, "--data", body)
    recording.wait_for_sound()
    secrets = Path(manager.env["XDG_RUNTIME_DIR"]) / "credentials" / units.MAIN
    (secret,) = manager.run("ls", str(secrets)).stdout.split()
    assert fnmatch(secret, "twitch-*.json")  # what log-ins are called, see `AccountStore`
    said = manager.run("journalctl", "--user-unit=ishowtts.service", "--output=cat").stdout
    assert "speaking channel=main" in said
    (pid,) = manager.show("MainPID")
    told = manager.run("cat", f"/proc/{pid}/status").stdout
    assert "CapBnd:\t0000000000000000\n" in told
    assert "Seccomp:\t2\n" in told
    manager.systemctl("stop", units.MAIN)
    assert manager.show("Result") == ["success"]
    assert (state / "speech.wav").stat().st_size > 1000
