"""The embedded Postgres comes up at the next command, whatever the last one died of."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
COMMAND = """
import os, signal, sys
from pathlib import Path
import psycopg
from core.storage.embedded import start_embedded
with psycopg.connect(start_embedded(Path(sys.argv[1]))) as connection:
    print(connection.execute("SELECT 6 * 7").fetchone()[0])
"""
KILL_POSTGRES = (
    "os.kill(int((Path(sys.argv[1]) / 'postgres' / 'postmaster.pid').read_text().split()[0]), signal.SIGKILL)"
)
KILL_ITSELF = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a server of its own, which is ended with the test."""
    with tempfile.TemporaryDirectory(prefix="docent-embedded-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
        for process in postgres_in(Path(folder).resolve()):
            process.kill()


def command(home: Path, then: str = "") -> subprocess.CompletedProcess[str]:
    """A process that asks the server in `home` something, does one more thing, and ends."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND + then, str(home)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def postgres_in(home: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["name", "cwd"])
    return [one for one in found if one.info["name"] == "postgres" and one.info["cwd"] == str(home / "postgres")]


def until_ended(home: Path) -> None:
    deadline = time.monotonic() + 30
    while postgres_in(home):
        assert time.monotonic() < deadline, "Postgres still runs"
        time.sleep(0.05)


def killed_server(home: Path) -> Path:
    """Start a server, kill it, and give its pid file, which it could not remove."""
    command(home, KILL_POSTGRES)
    until_ended(home)
    return home / "postgres" / "postmaster.pid"


def answers(home: Path) -> bool:
    done = command(home)
    assert (done.stdout, done.stderr) == ("42\n", "")
    return done.returncode == 0


def test_the_server_ends_with_the_last_command_that_uses_it(home: Path) -> None:
    assert answers(home)
    until_ended(home)


def test_a_command_whose_server_was_killed_ends_without_a_traceback(home: Path) -> None:
    done = command(home, KILL_POSTGRES)
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_killed_server_starts_again(home: Path) -> None:
    assert killed_server(home).exists()
    assert answers(home)


def test_a_command_that_was_killed_does_not_keep_the_server_running(home: Path) -> None:
    assert command(home, KILL_ITSELF).returncode == -signal.SIGKILL
    assert postgres_in(home)
    assert answers(home)
    until_ended(home)


def test_another_program_with_the_dead_servers_number_is_not_taken_for_it(home: Path) -> None:
    file = killed_server(home)
    other = subprocess.Popen(["sleep", "60"])
    try:
        file.write_text("\n".join([str(other.pid), *file.read_text().splitlines()[1:]]) + "\n")
        assert answers(home)
        until_ended(home)
        assert other.poll() is None, "it was not stopped in the server's place"
    finally:
        other.kill()
        other.wait()


def test_a_dead_server_that_nobody_collects_is_not_taken_for_a_running_one(home: Path) -> None:
    file = killed_server(home)
    dead = subprocess.Popen(["true"])
    try:
        while psutil.Process(dead.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        file.write_text("\n".join([str(dead.pid), *file.read_text().splitlines()[1:]]) + "\n")
        assert answers(home)
    finally:
        dead.wait()


def test_a_server_killed_while_it_wrote_its_pid_file_starts_again(home: Path) -> None:
    file = killed_server(home)
    file.write_text("\n".join(file.read_text().splitlines()[:5]) + "\n")
    assert answers(home)


def test_a_server_that_is_still_recovering_is_waited_for(home: Path) -> None:
    # A second user keeps the server up; its pid file says what it says during a recovery.
    user = subprocess.Popen(
        [sys.executable, "-c", COMMAND + "sys.stdin.read()", str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert user.stdin is not None
    assert user.stdout is not None
    try:
        user.stdout.read(1)
        file = home / "postgres" / "postmaster.pid"
        ready = file.read_text()
        file.write_text(ready.replace("ready   ", "starting"))
        assert file.read_text() != ready
        recovered = threading.Timer(1.5, file.write_text, [ready])
        recovered.start()
        assert answers(home)
        assert file.read_text() == ready, "not before it was ready"
    finally:
        user.communicate()
