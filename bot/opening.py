"""Opens the core for a command, with a bar while a model is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from core.bootstrap import Core, open_core
from core.settings import CoreSettings, load_settings


@asynccontextmanager
async def open_docent(
    settings: CoreSettings | None = None, *, answers: bool = True, migrate: bool = False
) -> AsyncIterator[Core]:
    """Open the core as the settings say. Raises ConfigurationError or StoreError with one helpful line.

    settings: others than those of the environment and `.env`.
    answers: False for commands that need no chat model; a missing or unfetched one does not matter to them.
    migrate: bring an older schema up to date.
    """
    async with open_core(
        settings or load_settings(CoreSettings),
        migrate=migrate,
        with_model=answers,
        fetching=FetchBar(Console(stderr=True)),
    ) as core:
        yield core


class FetchBar:
    """Shows how far the fetching of a model is: a bar on a terminal, a line every tenth elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._tenth = -1

    def __call__(self, done: int, total: int | None) -> None:
        """Note `done` of `total` bytes; total None: not known."""
        if self._console.is_terminal:
            self._draw(done, total)
        elif total and done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            self._console.print(f"fetching the chat model: {self._tenth * 10} % of {total / 1024**2:.0f} MB")

    def _draw(self, done: int, total: int | None) -> None:
        if self._bar is None:
            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._bar = Progress(TextColumn("Fetching the chat model"), *columns, console=self._console)
            self._bar.add_task("fetch", total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)
        if total is not None and done >= total:
            self._bar.stop()
