"""The `docent` command: parses the words and hands over to one module a command in bot.commands."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import __version__


def build_parser() -> argparse.ArgumentParser:
    """Give the parser; each subcommand names its module in `command`."""
    parser = argparse.ArgumentParser(
        prog="docent", description="Answers questions from your team's own documents, with footnotes."
    )
    parser.add_argument("--version", action="version", version=f"docent {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    ingest = commands.add_parser("ingest", help="make a collection mirror a folder")
    ingest.add_argument("folder", type=Path, metavar="DIR")
    ingest.add_argument("--collection", default="default", metavar="NAME")
    ingest.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
    ingest.add_argument("--yes", action="store_true", help="let more than a third of the collection be removed")
    ingest.add_argument("--rebuild", action="store_true", help="empty the whole index first (for another EMBEDDER)")
    ingest.add_argument("--json", action="store_true")

    ask = commands.add_parser("ask", help="ask one question, or many from a file")
    ask.add_argument("question", nargs="?", metavar="QUESTION")
    ask.add_argument("--conversation", metavar="ID", help="remember the turns under this name")
    ask.add_argument("--collection", action="append", metavar="NAME", help="search only here; may be given again")
    ask.add_argument("--fresh", action="store_true", help="answer anew, also where an answer is kept")
    ask.add_argument("--why", action="store_true", help="show how the answer was found")
    ask.add_argument("--json", action="store_true")
    ask.add_argument("--batch", type=Path, metavar="QUESTIONS.jsonl")
    ask.add_argument("--out", type=Path, metavar="ANSWERS.jsonl")

    search = commands.add_parser("search", help="show the chunks that a question finds")
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("-k", type=int, default=10, metavar="N")
    search.add_argument("--collection", action="append", metavar="NAME")
    search.add_argument("--json", action="store_true")

    evaluate = commands.add_parser(
        "eval",
        help="measure retrieval and answers over question sets, compare two runs",
        usage="docent eval SET [SET ...] [options]\n"
        "       docent eval compare CHAMPION.json CHALLENGER.json [options]\n"
        "       docent eval golden [--json]",
    )
    evaluate.add_argument(
        "questions", nargs="+", metavar="SET", help="JSON lines, or a file in SQuAD's format; golden: see docent golden"
    )
    evaluate.add_argument("--collection", action="append", metavar="NAME", help="search only here; may be given again")
    evaluate.add_argument("--sample", type=_count, metavar="N", help="ask N questions of each set, always the same")
    evaluate.add_argument("--save", type=Path, metavar="FILE.json", help="keep the run here, not under DOCENT_HOME")
    evaluate.add_argument("--against", type=Path, metavar="SAVED.json", help="compare with this earlier run")
    evaluate.add_argument(
        "--challenger", action="append", metavar="NAME=VALUE", help="compare with this setting; may be given again"
    )
    evaluate.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the comparison")
    evaluate.add_argument("--reliability", type=Path, metavar="FILE.svg", help="draw the probability against the truth")
    evaluate.add_argument("--json", action="store_true")

    gaps = commands.add_parser("gaps", help="show what was asked and the documents could not answer")
    gaps.add_argument("--days", type=_count, default=30, metavar="N", help="look back so many days (30)")
    gaps.add_argument("--json", action="store_true")

    golden = commands.add_parser("golden", help="list the questions whose right answer is known, and change them")
    golden.add_argument("--json", action="store_true")
    golden_changes = golden.add_subparsers(dest="change", metavar="CHANGE")
    add = golden_changes.add_parser("add", help="add a question with its right answer, or put it right")
    add.add_argument("question", metavar="QUESTION")
    right = add.add_mutually_exclusive_group(required=True)
    right.add_argument("--answer", metavar="TEXT", help="the right answer, with all of its numbers")
    right.add_argument("--refusal", action="store_true", help="the documents don't tell: refusing is right")
    add.add_argument("--collection", action="append", metavar="NAME", help="ask it only here; may be given again")
    remove = golden_changes.add_parser("remove", help="let a question be golden no more")
    remove.add_argument("id", type=int, metavar="ID")

    forget = commands.add_parser("forget", help="delete a conversation, or all that is stored about a person")
    forget.add_argument("--conversation", metavar="ID")
    forget.add_argument("--all", action="store_true", help="every conversation held on the command line")
    forget.add_argument("--user", metavar="PLATFORM:ID", help="a person, such as slack:U123")

    export = commands.add_parser("export", help="give all that is stored about a person, as JSON")
    export.add_argument("--user", required=True, metavar="PLATFORM:ID", help="a person, such as slack:U123")
    export.add_argument("--out", type=Path, metavar="FILE.json", help="write it here, for this user's eyes alone")

    collections = commands.add_parser("collections", help="show who may see which collection, and change that")
    collections.add_argument("--json", action="store_true")
    changes = collections.add_subparsers(dest="change", metavar="CHANGE")
    private = changes.add_parser("private", help="keep a collection out of public channels")
    private.add_argument("name", metavar="NAME")
    private.add_argument("switch", choices=["on", "off"])
    limit = changes.add_parser("limit", help="let a platform, a workspace or a channel see some collections only")
    limit.add_argument("scope", metavar="PLATFORM[:WORKSPACE[:CHANNEL]]")
    limit.add_argument("names", nargs="*", metavar="NAME")
    limit.add_argument("--all", action="store_true", help="lift the limit")

    status = commands.add_parser("status", help="show what is in the index and the last ingests")
    status.add_argument("--json", action="store_true")
    doctor = commands.add_parser("doctor", help="check everything and say how to mend it")
    doctor.add_argument("--bench", action="store_true", help="also measure how fast the models are here")
    doctor.add_argument("--json", action="store_true")
    commands.add_parser("serve", help="serve every configured platform until stopped")
    commands.add_parser("work", help="take ingest work off the queue until stopped, beside the process that serves")
    commands.add_parser("chat", help="talk in the terminal")
    simulate = commands.add_parser("simulate", help="play a conversation against a local Slack or Discord")
    simulate.add_argument("platform", choices=["slack", "discord"])
    simulate.add_argument(
        "questions",
        nargs="*",
        metavar="QUESTION",
        help="the first, then follow-ups; or /reingest FOLDER, which is done",
    )
    simulate.add_argument("--html", type=Path, metavar="FILE", help="draw it as a page too, with the steps on the way")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    quickstart = commands.add_parser("quickstart", help="migrate, ingest DOCS_DIR, prove it with one question, serve")
    quickstart.add_argument("--ask", metavar="QUESTION", help="ask this and end")
    return parser


def _count(text: str) -> int:
    """Read a number of at least 1; argparse tells when it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0 fine, 1 failed in part, 2 wrong usage or configuration."""
    parsed = build_parser().parse_args(arguments)
    # Imported late: `docent --help` needs none of it.
    import asyncio

    from bot.logs import configure_logging
    from bot.wording import error_line
    from core.errors import DocentError

    configure_logging()
    command = importlib.import_module(f"bot.commands.{parsed.command.replace('-', '_')}")
    try:
        return int(asyncio.run(command.run(parsed)))
    except DocentError as error:
        print(error_line(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing more can be written, also not at exit.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
