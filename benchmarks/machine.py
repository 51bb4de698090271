"""Says on what something was measured: the machine, how busy it was, and the versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import psutil

from bot import __version__

CPUINFO = Path("/proc/cpuinfo")


def machine() -> str:
    """Give the processor, its cores, the memory and the system in one line."""
    names = [line.partition(":")[2].strip() for line in _lines(CPUINFO) if line.startswith("model name")]
    gigabytes = psutil.virtual_memory().total / 1024**3
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()
    return f"{names[0] if names else platform.machine()}, {cores} cores, {gigabytes:.0f} GB, {platform.platform()}"


def busy() -> str:
    """Give how many processes wanted a core in the last minute: more than one to begin with is other work."""
    return f"load {os.getloadavg()[0]:.1f}"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Give the version of Docent, of Python, and of installed packages."""
    return {"docent": __version__, "python": platform.python_version(), **{name: version(name) for name in packages}}


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
