"""`docent eval`: measures retrieval and answers over question sets, saves each run and compares two of them."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.evaluating import golden
from bot.evaluating.comparison_picture import comparison_picture
from bot.evaluating.making import changed, told_changes
from bot.evaluating.places import evaluations_folder, free_place, load_run, save_run, write_text
from bot.evaluating.reliability_picture import reliability_picture
from bot.evaluating.running import evaluate
from bot.evaluating.sets import QuestionSet, read_sets
from bot.evaluating.tables import comparison_lines, comparison_table, report_table
from core.errors import ConfigurationError
from core.evaluation.comparison import Comparison, compare, comparison_json, require_same_items
from core.evaluation.report import Report, report_json, report_on
from core.evaluation.results import fingerprint
from core.evaluation.run import EvaluationRun
from core.settings import CoreSettings, load_settings

COMPARE = "compare"
GOLDEN = "golden"
_WIDTH = 120  # of tables where there is no terminal that has one


async def run(arguments: argparse.Namespace) -> int:
    """Evaluate, compare two saved runs, or ask the golden questions."""
    if arguments.questions[0] == GOLDEN:
        return await golden.run(arguments)
    if arguments.questions[0] == COMPARE:
        return _compare_saved(arguments)
    return await _evaluate(arguments)


async def _evaluate(arguments: argparse.Namespace) -> int:
    settings = load_settings(CoreSettings)
    sets = read_sets([Path(name) for name in arguments.questions], arguments.sample)
    # The questions may take an hour: what is wrong has to be said before.
    _check_options(arguments, sets)
    changes: list[str] = arguments.challenger or []
    other_settings = changed(settings, changes)
    earlier = load_run(arguments.against) if arguments.against else None
    if earlier:
        asked = {(one.name, item.id): fingerprint(item) for one in sets for item in one.items}
        require_same_items(earlier.name, earlier.asked(), "what is asked now", asked)
    folder = evaluations_folder(settings)
    _require_writable((arguments.save or folder / "run.json", arguments.picture, arguments.reliability))

    collections = tuple(arguments.collection) if arguments.collection else None
    present = await evaluate(settings, sets, collections, quiet=arguments.json)
    saved = [arguments.save or free_place(folder, present.name)]
    save_run(present, saved[0])
    runs = {"present settings": present}
    comparison = compare(earlier, present) if earlier else None
    if changes:
        change = told_changes(changes)
        challenger = await evaluate(other_settings, sets, collections, change=change, quiet=arguments.json)
        saved.append(_beside(arguments.save) if arguments.save else free_place(folder, challenger.name))
        save_run(challenger, saved[1])
        runs[change] = challenger
        comparison = compare(present, challenger)
    _draw(arguments, runs, comparison)
    if arguments.json:
        print(json.dumps(_told(list(runs.values()), saved, comparison), ensure_ascii=False))
    else:
        _show(_columns(runs), comparison)
        print(f"Saved: {' and '.join(str(path) for path in saved)}")
    return 0


def _compare_saved(arguments: argparse.Namespace) -> int:
    files = arguments.questions[1:]
    useless = ("collection", "sample", "save", "against", "challenger")
    if len(files) != 2 or any(getattr(arguments, name) is not None for name in useless):
        raise ConfigurationError(
            "Write: docent eval compare CHAMPION.json CHALLENGER.json [--picture FILE.svg] [--reliability FILE.svg] "
            "[--json], with two files that `docent eval SET` saved."
        )
    champion, challenger = (load_run(Path(file)) for file in files)
    comparison = compare(champion, challenger)
    runs = {"champion": champion, "challenger": challenger}
    _draw(arguments, runs, comparison)
    if arguments.json:
        print(json.dumps(comparison_json(comparison), ensure_ascii=False))
    else:
        _show(_columns(runs), comparison)
    return 0


def _check_options(arguments: argparse.Namespace, sets: Iterable[QuestionSet]) -> None:
    """Raise ConfigurationError for options that don't go together."""
    if arguments.against and arguments.challenger:
        raise ConfigurationError("Give either --against SAVED.json or --challenger NAME=VALUE, not both.")
    if arguments.picture and not (arguments.against or arguments.challenger):
        raise ConfigurationError("--picture draws a comparison; give --against SAVED.json or --challenger NAME=VALUE.")
    if arguments.collection and all(one.documents is not None for one in sets):
        raise ConfigurationError("--collection is for what is ingested; a SQuAD file brings its own documents.")


def _require_writable(paths: Iterable[Path | None]) -> None:
    """Raise ConfigurationError for a path at which no file can be written."""
    for path in paths:
        if path is None:
            continue
        above = next(folder for folder in path.absolute().parents if folder.exists())
        if path.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
            raise ConfigurationError(f"{str(path)!r} can't be written; name a file in a folder of yours.")


def _beside(path: Path) -> Path:
    """Give the challenger's place beside that of a champion with a place of its own."""
    return path.with_name(f"{path.stem}-challenger.json")


def _draw(arguments: argparse.Namespace, runs: Mapping[str, EvaluationRun], comparison: Comparison | None) -> None:
    if arguments.picture and comparison:
        write_text(arguments.picture, comparison_picture(comparison), "picture")
    if arguments.reliability:
        reports = {name: report_on(one.items) for name, one in runs.items()}
        write_text(arguments.reliability, reliability_picture(reports), "picture")


def _told(runs: list[EvaluationRun], saved: list[Path], comparison: Comparison | None) -> dict[str, Any]:
    """Give the figures of the present run and of each of its sets, those of the challenger, and the comparison."""
    reports = [{**report_json(report_on(one.items)), "saved": str(path)} for one, path in zip(runs, saved, strict=True)]
    sets = {name: report_json(report) for name, report in _by_set(runs[0]).items()}
    return {
        **reports[0],
        **({"sets": sets} if len(sets) > 1 else {}),
        **({"challenger": reports[1]} if len(reports) > 1 else {}),
        **({"comparison": comparison_json(comparison)} if comparison else {}),
    }


def _columns(runs: Mapping[str, EvaluationRun]) -> dict[str, Report]:
    """Give the reports to show side by side: each run, or one run and each of its sets."""
    if len(runs) > 1:
        return {name: report_on(one.items) for name, one in runs.items()}
    (only,) = runs.values()
    sets = _by_set(only)
    return sets if len(sets) == 1 else {"all": report_on(only.items), **sets}


def _by_set(run: EvaluationRun) -> dict[str, Report]:
    return {asked.name: report_on([one for one in run.items if one.set == asked.name]) for asked in run.sets}


def _show(reports: Mapping[str, Report], comparison: Comparison | None) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH)
    console.print(report_table(reports))
    if comparison:
        console.print(comparison_table(comparison))
        for line in comparison_lines(comparison):
            console.print(line, markup=False, soft_wrap=True)
