"""Where compiled wheels are kept between clones, and which of them crashed on this machine."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.setup.machine import Flags

CRASHED = "crashed"


def cache_home(environment: Mapping[str, str]) -> Path:
    """Give the folder that holds one folder a wheel: `docent/wheels` in XDG_CACHE_HOME or ~/.cache."""
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "docent" / "wheels"


def abi_tag() -> str:
    """Name the Python that a wheel is built by, such as `cp311`."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def platform_tag() -> str:
    """Name the system that a wheel runs on, with its C library: a home may be shared by several."""
    library = "".join(platform.libc_ver())
    return "-".join(part for part in (sysconfig.get_platform(), library) if part)


def wheel_key(package: str, version: str, flags: Flags, abi: str, system: str) -> str:
    """Name the folder of a wheel: another version, flag, Python or system is another folder."""
    return f"{package}-{version}-{abi}-{system}-{hashlib.sha256(' '.join(flags).encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class WheelFolder:
    """The place of one compiled wheel in the cache."""

    path: Path

    def wheel(self) -> Path | None:
        """Give the wheel that is kept here, or None."""
        return next(iter(sorted(self.path.glob("*.whl"))), None)

    def keep(self, wheel: Path) -> Path:
        """Copy a wheel in under its own name and give the copy; a reader never sees half of one."""
        self.path.mkdir(parents=True, exist_ok=True)
        unfinished = self.path / f".{os.getpid()}.part"
        shutil.copyfile(wheel, unfinished)
        return unfinished.replace(self.path / wheel.name)

    def crashed(self) -> bool:
        """Tell whether the wheel of this folder is known to crash here."""
        return (self.path / CRASHED).exists()

    def mark_crashed(self, how: str) -> None:
        """Drop the wheel and remember `how` it died, so that no later set-up builds it again."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / CRASHED).write_text(how + "\n", encoding="utf-8")
        for wheel in self.path.glob("*.whl"):
            wheel.unlink()
