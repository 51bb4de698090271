"""Draws an ingest as its person sees it in the terminal, as examples/ingest.svg: bar, plan, question, summary.

.venv/bin/python examples/make_ingest_picture.py   # in a database and a folder of its own, removed afterwards
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "ingest.svg"
HANDBOOK = Path(__file__).parent / "handbook"
WIDTH = 108
# A bar is drawn over itself, and taken away at the end; what is printed meanwhile comes in its place.
_BAR = re.compile(r"\r\x1b\[2K(Ingesting[^\r\n]*)")
_CURSOR = re.compile(r"\x1b\[\?25[lh]|\x1b\[\d*[A-GJKHf]|\r(?!\n)")


def played(arguments: list[str], environment: Mapping[str, str], folder: Path, answers: Mapping[str, str]) -> str:
    """Run docent in a terminal of its own and give what it wrote; answers: what is typed after which words."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(sys.executable, [sys.executable, "-m", "bot", *arguments], dict(environment))  # noqa: S606
    seen = ""
    waiting = dict(answers)
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # what Linux says at the end
            read = b""
        if not read:
            break
        seen += read.decode(errors="replace")
        for words in [words for words in waiting if words in seen]:
            os.write(terminal, f"{waiting.pop(words)}\n".encode())
    os.waitpid(process, 0)
    os.close(terminal)
    return seen


def lines(seen: str) -> list[str]:
    """Give the lines that a person saw, with one moment of the bar in the middle of the work."""
    moments = [moment for moment in _BAR.findall(seen) if "/s" in moment]
    drawn = _CURSOR.sub("", moments[len(moments) * 2 // 3]) if moments else ""
    kept = [line for line in _CURSOR.sub("", _BAR.sub("", seen)).replace("\r\n", "\n").split("\n") if line.strip()]
    kept = [line for line in kept if not line.startswith("Ingesting")]
    summary = next(place for place in reversed(range(len(kept))) if kept[place].startswith("Collection"))
    return [*kept[:summary], *([drawn] if drawn else []), *kept[summary:]]


def change(handbook: Path) -> None:
    """Remove seven pages, change a sentence of one, move one, and put a broken file in."""
    pages = sorted(handbook.rglob("*.md"))
    for page in pages[:7]:
        page.unlink()
    pages[7].write_text(pages[7].read_text(encoding="utf-8").replace(". ", ". Indeed, ", 1), encoding="utf-8")
    (handbook / "moved").mkdir()
    shutil.move(pages[-1], handbook / "moved" / pages[-1].name)
    (handbook / "broken.pdf").write_text("no PDF", encoding="utf-8")


def main() -> None:
    """Play the scenes and save the picture."""
    console = Console(record=True, width=WIDTH, force_terminal=True, highlight=False, file=io.StringIO())
    with tempfile.TemporaryDirectory(prefix="docent-picture-") as place:
        handbook = Path(place) / "handbook"
        shutil.copytree(HANDBOOK, handbook)
        home = Path(place) / "home"
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "NO_COLOR")},
            "DOCENT_HOME": str(home),
            "PYTHONPATH": str(HANDBOOK.parent.parent),
            "COLUMNS": str(WIDTH),
            "TERM": "xterm-256color",
        }
        played(["migrate"], environment, Path(place), {})
        scenes = (["ingest", "handbook"], ["ingest", "handbook", "--dry-run"], ["ingest", "handbook"])
        for number, scene in enumerate(scenes):
            if number == 1:
                change(handbook)
            console.print(f"$ docent {' '.join(scene)}", style="bold green")
            for line in lines(played(scene, environment, Path(place), {"[y/n]": "y"})):
                console.print(Text.from_ansi(line))
            console.print()
    console.save_svg(str(PICTURE), title="docent")


if __name__ == "__main__":
    main()
