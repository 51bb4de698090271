"""The sets to train on, as they are named on a command line."""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.errors import ConfigurationError
from core.evaluation.questions import EvaluationItem, parse_questions, parse_squad
from core.ports import Embedder
from core.training.corpus import Corpus, load_folder, load_texts
from core.training.examples import parse_fairytale

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Questions over a corpus; weight: how often each is taken in a round. held_out: for measuring only."""

    name: str
    corpus: Corpus
    items: Sequence[EvaluationItem]
    held_out: Sequence[EvaluationItem]
    weight: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `read_sets` reads."""
    parser.add_argument(
        "--questions",
        nargs=3,
        action="append",
        default=[],
        metavar=("FOLDER", "QUESTIONS.jsonl", "WEIGHT"),
        help="a folder of documents, a question set over it, how often it is taken in a round (0: only measured)",
    )
    parser.add_argument(
        "--squad",
        nargs=3,
        action="append",
        default=[],
        metavar=("FILE", "WEIGHT", "HELD_OUT"),
        help="a file in SQuAD's format; the last HELD_OUT of its articles are only measured",
    )
    parser.add_argument(
        "--fairytale", nargs=2, action="append", default=[], metavar=("FILE", "WEIGHT"), help="a file of FairytaleQA"
    )
    parser.add_argument("--cache", type=Path, default=Path(".docent/training"), help="keeps the embeddings of chunks")


def read_sets(arguments: argparse.Namespace, embedder: Embedder) -> Iterator[TrainingSet]:
    """Yield the sets that the arguments name. Raises ConfigurationError for one that can't be read."""
    cache: Path = arguments.cache
    for folder, file, weight in arguments.questions:
        items = parse_questions(_text(file), file)
        corpus = Corpus.build(load_folder(Path(folder)), embedder, cache)
        is_held_out = float(weight) == 0
        yield TrainingSet(
            Path(file).stem, corpus, () if is_held_out else items, items if is_held_out else (), float(weight)
        )
    for file, weight, articles in arguments.squad:
        squad = parse_squad(_text(file), file)
        corpus = Corpus.build(load_texts((one.name, one.text) for one in squad.documents), embedder, cache)
        names = list(dict.fromkeys(item.source.rpartition("/")[0] for item in squad.items))
        kept = set(names[len(names) - int(articles) :])
        yield TrainingSet(
            Path(file).stem,
            corpus,
            [item for item in squad.items if item.source.rpartition("/")[0] not in kept],
            [item for item in squad.items if item.source.rpartition("/")[0] in kept],
            float(weight),
        )
    for file, weight in arguments.fairytale:
        documents, told = parse_fairytale(_text(file))
        corpus = Corpus.build(load_texts(documents), embedder, cache)
        yield TrainingSet(Path(file).stem, corpus, told, (), float(weight))


def weighted(made: Sequence[Made], weight: float, chance: random.Random) -> list[Made]:
    """Give what a round takes of a set: of weight 2.5 everything that was made twice, and a random half once more."""
    whole, part = divmod(weight, 1)
    return [*made] * int(whole) + chance.sample(made, int(len(made) * part))


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} can't be read ({error}).") from None
