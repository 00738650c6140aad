"""State folder: where the daemon keeps what survives a restart."""

import os
from pathlib import Path

from platformdirs import user_state_path


def state_folder() -> Path:
    """Return where state is kept: `$STATE_DIRECTORY` (systemd), or the user's state directory."""
    directory = os.environ.get("STATE_DIRECTORY", "").partition(os.pathsep)[0]
    return Path(directory) if directory else user_state_path("ishowtts")
