"""Start the set-up with a Python that is new enough; this file alone has to parse on an old one."""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")


def newer_python() -> "str | None":
    """Give the path of a Python of at least 3.11 on the PATH that runs, or None."""
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def start() -> int:
    """Run the set-up, in another Python when this one is too old; gives the exit status."""
    if sys.version_info[:2] < OLDEST:
        path = newer_python()
        if path:
            os.execv(path, [path, "-m", "bot.setup", *sys.argv[1:]])  # noqa: S606 - fixed arguments
        print(
            f"Docent needs Python 3.11 or newer and this is {sys.version.split()[0]}; install one (apt-get install "
            "python3.11 python3.11-venv, or brew install python@3.12) and name it: make PYTHON=python3.11 run",
            file=sys.stderr,
        )
        return 2
    from bot.setup.command_line import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
