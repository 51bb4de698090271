"""A long step shows what it is doing, on a terminal and in a log file."""

from __future__ import annotations

import io

import pytest

from bot.setup.progress import ERASE_LINE, Progress, current_work

LINES = {
    "  [34/83] /usr/bin/g++ -DGGML_BUILD -c /tmp/ggml.cpp\n": "compiling 34 of 83",
    "Collecting torch==2.13.0\n": "looking for torch==2.13.0",
    "  Downloading https://host.example/whl/cpu/torch-2.13.0-cp311.whl (190.1 MB)\n":
        "fetching torch-2.13.0-cp311.whl (190.1 MB)",
    "  Using cached lxml-6.1.3-cp311.whl (5.2 MB)\n": "fetching lxml-6.1.3-cp311.whl (5.2 MB)",
    "  Building wheel for llama-cpp-python (pyproject.toml): started\n": "preparing to compile",
    "Installing collected packages: numpy, torch\n": "installing",
}  # fmt: skip


@pytest.mark.parametrize(("line", "work"), LINES.items())
def test_a_line_of_the_tools_becomes_a_word_about_the_work(line: str, work: str):
    assert current_work(line) == work


@pytest.mark.parametrize(
    "line", ["", "WARNING: something\n", "-- Detecting CXX compiler\n", "  [notice] news of pip\n"]
)
def test_other_lines_say_nothing_about_the_work(line: str):
    assert current_work(line) is None


def test_without_a_terminal_a_step_is_whole_lines():
    stream = io.StringIO()
    progress = Progress(stream, terminal=False)
    with progress.step("Compiling"):
        progress.detail("compiling 1 of 2")
    assert stream.getvalue() == "Compiling\n  done after 0 s\n"


def test_a_failed_step_says_so():
    stream = io.StringIO()
    with pytest.raises(ValueError), Progress(stream, terminal=False).step("Compiling"):
        raise ValueError
    assert stream.getvalue() == "Compiling\n  failed after 0 s\n"


def test_on_a_terminal_a_step_ends_as_one_line():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    with Progress(stream, terminal=True).step("Compiling"):
        pass
    stream.seek(0)
    assert stream.read().rpartition(ERASE_LINE)[2] == "✓ Compiling  0 s\n"


def test_a_terminal_that_knows_only_ascii_gets_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    with Progress(stream, terminal=True).step("Compiling"):
        pass
    stream.seek(0)
    assert stream.read().rpartition(ERASE_LINE)[2] == "+ Compiling  0 s\n"
