"""`python3 -m bot.setup`: nothing to do, or all steps, or one line that says what is wrong and how to mend it."""

from __future__ import annotations

import argparse
import fcntl
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.setup.command import last_lines
from bot.setup.failures import SetupError
from bot.setup.installation import Installation, install
from bot.setup.machine import Flags, Machine, baseline_flags, compile_flags, portable_flags, this_machine
from bot.setup.pins import read_pins
from bot.setup.progress import Progress
from bot.setup.stamp import Facts, changes, digest, read_stamp, write_stamp
from bot.setup.wheels import cache_home

ROOT = Path(__file__).resolve().parents[2]
STAMP = Path(".venv", "docent-setup.json")
LOG_LINES = 15
SUPPORTED = (("Linux", "x86_64"), ("Linux", "arm64"), ("Darwin", "arm64"))


def main(arguments: Sequence[str]) -> int:
    """Set up the repository that this file belongs to; gives 0, 1 when a step failed, or 2 on a wrong machine."""
    options = parse(arguments)
    progress = Progress(sys.stdout, sys.stdout.isatty())
    machine = this_machine()
    if (machine.system, machine.architecture) not in SUPPORTED:
        print(unsupported(machine), file=sys.stderr)
        return 2
    flags = portable_flags(machine) if options.portable else compile_flags(machine)
    facts = setup_facts(ROOT, flags, options.extras)
    try:
        if changes(read_stamp(ROOT / STAMP), facts):
            set_up(progress, machine, flags, facts, options.extras)
    except SetupError as error:
        report(error, progress)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on; finished steps are kept.", file=sys.stderr)
        return 130
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m bot.setup", description="Set up Docent in .venv.")
    parser.add_argument("--portable", action="store_true", help="compile for CPUs since 2013, not only for this one")
    parser.add_argument("--extras", default="dev", help="extras of the project to install (default dev; '' for none)")
    return parser.parse_args(arguments)


def setup_facts(root: Path, flags: Flags, extras: str) -> dict[str, str]:
    """Give all that a finished set-up depends on; when one of these changes, it runs again."""
    return {
        "root": str(root),
        "python": f"{sys.version} in {sys.base_prefix}",
        "machine": platform.machine(),
        "flags": " ".join(flags),
        "extras": extras,
        "pyproject.toml": digest(root / "pyproject.toml"),
        "constraints.txt": digest(root / "constraints.txt"),
    }


def set_up(progress: Progress, machine: Machine, flags: Flags, facts: Facts, extras: str) -> None:
    """Run the steps, one set-up at a time in a repository, and note that they are finished."""
    logs = ROOT / (os.environ.get("DOCENT_HOME") or ".docent") / "setup"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "lock").open("w") as lock:
        wait_for(lock.fileno(), progress)
        stamp = ROOT / STAMP
        if not changes(read_stamp(stamp), facts):
            return  # the set-up that was waited for has done it
        stamp.unlink(missing_ok=True)
        pins = read_pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
        installation = Installation(ROOT, logs, cache_home(os.environ), pins, progress, os.environ, machine.system)
        install(installation, (flags, baseline_flags(machine)), extras)
        write_stamp(stamp, facts)


def wait_for(lock: int, progress: Progress) -> None:
    """Take the lock of this repository's set-up; it is free again when its process ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say("Another set-up of this folder is running; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def unsupported(machine: Machine) -> str:
    """Say why this machine can't run Docent and what can."""
    return (
        f"Docent runs on Linux (x86-64 or arm64) and on Apple silicon and this is {machine.system} on "
        f"{machine.architecture}: PyTorch has no build for it. Use WSL 2 on Windows, Docker on an Intel Mac "
        "(docker compose up), an arm64 Python on Apple silicon."
    )


def report(error: SetupError, progress: Progress) -> None:
    """Show the end of the failed step's log, then what to do."""
    if error.log:
        for line in last_lines(error.log, LOG_LINES):
            progress.say(f"  | {line}")
        progress.say(f"  full log: {os.path.relpath(error.log)}")
    print(error, file=sys.stderr)
