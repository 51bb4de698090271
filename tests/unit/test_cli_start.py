"""What `docent --help` costs: no library is loaded for it."""

from __future__ import annotations

import subprocess
import sys

_LOADED = """
import sys
before = set(sys.modules)
from bot.cli import build_parser
build_parser().format_help()
print("\\n".join({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_help_loads_no_library_and_no_event_loop() -> None:
    printed = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True).stdout
    loaded = set(printed.split())
    assert "argparse" in loaded
    assert loaded - sys.stdlib_module_names == {"bot"}
    assert "asyncio" not in loaded
