"""What may go wrong in a set-up, and the remedy for each in one line."""

from __future__ import annotations

import re
import signal
from pathlib import Path

AGAIN = "Then run the same command again; finished steps are kept."

# The first pattern that the log of the failed step holds gives the remedy, so the particular ones stand first.
REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"ensurepip is not\s+available|No module named '?(ensurepip|venv)\b",
        "This Python can't make virtual environments. Install its venv package: apt-get install python3-venv.",
    ),
    (
        r"(requirement|depends on|\(constraint\)) (triton|cuda-toolkit|cuda-bindings|nvidia-cublas)\b",
        "Only a CUDA build of torch was found, several gigabytes that Docent never uses. Let this machine reach "
        "https://download.pytorch.org/whl/cpu, or install the CPU build from a mirror that you have: "
        ".venv/bin/pip install --index-url MIRROR torch==VERSION (the version in constraints.txt).",
    ),
    (
        r"invalid active developer path|xcode-select: (error|note)",
        "Apple's command line tools are missing: xcode-select --install.",
    ),
    (
        r"unrecognized command[ -]line option|unsupported argument '?armv|unknown argument: '-m",
        "The C++ compiler is too old for this CPU. Install GCC 11 or newer and name it: CC=gcc-11 CXX=g++-11 make run.",
    ),
    (
        r"No CMAKE_C(XX)?_COMPILER|compiler identification is unknown|is not a full path to an existing compiler",
        "No working C and C++ compiler was found. Debian and Ubuntu: apt-get install build-essential; "
        "macOS: xcode-select --install.",
    ),
    (
        r"libgomp\.so",
        "The library of the chat model's threads is missing. Debian and Ubuntu: apt-get install libgomp1.",
    ),
    (
        r"Killed signal|signal terminated program|virtual memory exhausted|[Cc]annot allocate memory|MemoryError",
        "The memory ran out. Compile with one process: CMAKE_BUILD_PARALLEL_LEVEL=1 make run (about 1 GB each).",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        "The disk is full. Docent's environment takes 2 GB, and compiling 1 GB in TMPDIR.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "The package index's certificate isn't trusted here. Name your network's CA file: "
        "pip config set global.cert FILE.",
    ),
    (
        r"DO NOT MATCH THE HASHES|BadZipFile|Wheel .* is invalid",
        "A download was damaged. Empty pip's cache: .venv/bin/pip cache purge.",
    ),
    (
        r"NewConnectionError|NameResolutionError|Connect(ion|Timeout)Error|ReadTimeout|ProxyError"
        r"|Network is unreachable|Could not fetch URL",
        "The package index can't be reached. Check the network; behind a proxy set HTTPS_PROXY, with a mirror of your "
        "own: pip config set global.index-url URL.",
    ),
    (
        r"No matching distribution found for|<Python from Requires-Python>",
        "A pinned package has no build for this Python or this system. Python 3.11 to 3.13 on Linux with glibc "
        "(x86-64, arm64) or macOS 14 (arm64) have all of them; name another Python: make PYTHON=python3.12 run.",
    ),
    (
        r"ResolutionImpossible",
        "pyproject.toml and constraints.txt contradict each other. Renew the pins: make lock.",
    ),
    (
        r"Permission denied|Operation not permitted|Read-only file system",
        "A folder can't be written. Take back what another user (often root) made: "
        "chown -R $USER . ~/.cache/docent ~/.cache/pip.",
    ),
)


class SetupError(Exception):
    """The set-up can't go on; the message is one line, `log` the file whose end shows the failure."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


def remedy(log: str, otherwise: str = "The lines above and the full log say why.") -> str:
    """Give what to do about a failed step from its log, or `otherwise` when the failure isn't a known one."""
    advice = next((advice for pattern, advice in REMEDIES if re.search(pattern, log)), otherwise)
    return f"{advice} {AGAIN}"


def compiler_remedy(system: str) -> str:
    """Say how to get compilers on a system named as `uname -s` does."""
    how = "xcode-select --install" if system == "Darwin" else "apt-get install build-essential"
    return f"llama-cpp-python needs a C and a C++ compiler and none was found. Install them: {how}. {AGAIN}"


def crash_name(status: int) -> str | None:
    """Name the signal of a crash from a child's exit status; None when it ended by itself or was stopped."""
    crashes = (signal.SIGILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE)
    return next((crash.name for crash in crashes if status == -crash), None)
