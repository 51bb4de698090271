"""Shows how far a long step is: a line with a spinner on a terminal, plain lines anywhere else."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
REDRAW_SECONDS = 0.1
PLAIN_SECONDS = 15.0
ERASE_LINE = "\r\x1b[2K"

COMPILING = re.compile(r"^\s*\[(\d+)/(\d+)\] ")
FETCHING = re.compile(r"^\s*(?:Downloading|Using cached) (\S+)(?:\.metadata)?(?: \(([^)]+)\))?")
COLLECTING = re.compile(r"^\s*Collecting (\S+)")


def current_work(line: str) -> str | None:
    """Say what a line of pip's or the compiler's output tells about the work at hand; None when nothing."""
    if found := COMPILING.match(line):
        return f"compiling {found[1]} of {found[2]}"
    if found := FETCHING.match(line):
        return f"fetching {found[1].rpartition('/')[2]}" + (f" ({found[2]})" if found[2] else "")
    if found := COLLECTING.match(line):
        return f"looking for {found[1]}"
    if line.lstrip().startswith("Building wheel"):
        return "preparing to compile"
    if line.startswith("Installing collected packages"):
        return "installing"
    return None


class Progress:
    """Reports steps one after the other on a stream."""

    def __init__(self, stream: TextIO, terminal: bool) -> None:
        self._stream = stream
        self._terminal = terminal
        self._detail = ""
        try:
            f"{SPINNER}✓✗".encode(stream.encoding or "ascii")
            self._spinner, self._good, self._bad = SPINNER, "✓", "✗"
        except UnicodeEncodeError:
            self._spinner, self._good, self._bad = "|/-\\", "+", "x"

    def say(self, line: str) -> None:
        """Print one line."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def detail(self, text: str) -> None:
        """Set what the running step shows next to its elapsed time."""
        self._detail = text

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while the block runs, then how long it took."""
        self._detail = ""
        started = time.monotonic()
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(title, started, over), daemon=True)
        if not self._terminal:
            self.say(title)
        ticker.start()
        mark = self._bad
        try:
            yield
            mark = self._good
        finally:
            over.set()
            ticker.join()
            seconds = f"{time.monotonic() - started:.0f} s"
            if self._terminal:
                self.say(f"{ERASE_LINE}{mark} {title}  {seconds}")
            else:
                self.say(f"  {'done' if mark == self._good else 'failed'} after {seconds}")

    def _tick(self, title: str, started: float, over: threading.Event) -> None:
        turn = 0
        while not over.wait(REDRAW_SECONDS if self._terminal else PLAIN_SECONDS):
            seconds = f"{time.monotonic() - started:.0f} s"
            if self._terminal:
                line = f"{self._spinner[turn % len(self._spinner)]} {title}  {seconds}  {self._detail}"
                self._stream.write(ERASE_LINE + line[: shutil.get_terminal_size().columns - 1])
                self._stream.flush()
                turn += 1
            else:
                self.say(f"  {seconds}  {self._detail}".rstrip())
