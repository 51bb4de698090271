"""Exact versions as `constraints.txt` holds them."""

from __future__ import annotations

import re


def canonical(name: str) -> str:
    """Give a package's name as package indexes compare it: `llama_cpp_python` is `llama-cpp-python`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(text: str) -> dict[str, str]:
    """Read lines `name==version` into canonical name -> version; comments and blank lines are skipped."""
    pins = {}
    for line in text.splitlines():
        name, pinned, version = line.partition("#")[0].strip().partition("==")
        if pinned:
            pins[canonical(name)] = version
    return pins


def write_pins(pins: dict[str, str]) -> str:
    """Give the lines that `read_pins` reads, sorted by name."""
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
