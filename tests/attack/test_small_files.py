"""Small files that are none: pipes, endless, sparse and nested ones hang and fill nothing."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack.small_files import KINDS
from tests.long import first_ones

pytestmark = pytest.mark.timeout(170)

_DATA_BYTES = 2 << 30
_DEADLINE_S = 120


@pytest.mark.parametrize("kind", first_ones(KINDS, 2))
def test_every_loader_refuses_it_within_bounds(kind: str, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (_DATA_BYTES, _DATA_BYTES))

    done = subprocess.run(
        [sys.executable, "-m", "tests.attack.small_files", str(tmp_path), kind],
        stdin=subprocess.DEVNULL,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        env=os.environ | {"STATE_DIRECTORY": str(tmp_path / "state")},
        timeout=_DEADLINE_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]


def test_a_key_with_a_password_asks_nobody(tmp_path: Path) -> None:
    """OpenSSL would ask the terminal, and wait."""
    key = tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-subj", "/CN=x", "-passout", "pass:x", "-keyout", str(key), "-out", "-"]
    made = subprocess.run(command, capture_output=True, check=True, timeout=_DEADLINE_S)
    certificate = tmp_path / "cert.pem"
    certificate.write_bytes(made.stdout)
    code = (
        "import sys; from tests.attack.small_files import _tls\n"
        "from bot.errors import StartError\n"
        "try: _tls(certificate=sys.argv[1], key=sys.argv[2])\n"
        "except StartError as error: print(error)"
    )
    terminal, ours = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(certificate), str(key)],
            stdin=ours,
            stdout=subprocess.PIPE,
            stderr=ours,
            preexec_fn=os.setsid,
            timeout=_DEADLINE_S,
            check=True,
        )
    finally:
        os.close(ours)
        os.close(terminal)

    assert b"the key without a password" in done.stdout
