"""Trains the reader of `core.inference.reader` on question sets over folders; `--help` says how.

Each step takes a few questions, each with one passage that holds its answer and hard negatives from our own
retriever; the loss is the negative log-likelihood of the answer's tokens, or of "nowhere" where there is no answer,
among all tokens of the question's passages. Sometimes the right passage is left out on purpose: then "nowhere" is
right, too. The word embeddings stay those of the embedder, so they are not stored again.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.metrics import area_under_curve
from core.inference.bert import batches, load_network, load_tokenizer
from core.inference.factory import build_embedder
from core.inference.model_files import find_embedder
from core.inference.reader import (
    SHARED,
    WEIGHTS,
    Layout,
    ReaderNetwork,
    lay_out,
    parts_of,
    special_tokens,
)
from core.inference.workers import use_every_core
from core.settings import CoreSettings, load_settings
from core.training.examples import Group, Labelled, groups
from core.training.schedule import schedule
from core.training.sets import add_arguments, read_sets, weighted

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

logger = logging.getLogger(__name__)

_GROUPS = 8  # questions a step
_PASSAGES = 3  # passages a question
_LEFT_OUT = 0.15  # of the answerable questions lose their right passage for one step
_RATE = 1.5e-4
_HEAD_RATE = 1e-3
_WARM_UP = 0.05
_DROPOUT = 0.1
_DECAY = 0.01
_CLIP = 1.0
_MEASURED_PASSAGES = 4
_MEASURED = 120  # held-out questions a set
_FIRST_BIAS = -6.0  # some 400 tokens, and "nowhere" is as likely as all of them


@dataclass(frozen=True, slots=True)
class Shown:
    """One passage of a step: its tokens, which of them answer, and which question of the step it belongs to."""

    layout: Layout
    answering: tuple[bool, ...]
    group: int


def sampled(group: Group, chance: random.Random) -> list[Labelled]:
    """Give the passages of one step: one that answers, unless it is left out, and negatives, the nearest preferred."""
    right = [chance.choice(group.right)] if group.right and chance.random() >= _LEFT_OUT else []
    wrong = list(group.wrong)
    chosen: list[Labelled] = []
    while wrong and len(chosen) < _PASSAGES - len(right):
        place = min(int(chance.expovariate(1 / 3)), len(wrong) - 1)
        chosen.append(wrong.pop(place))
    return right + chosen


def shown(question: str, passages: Sequence[Labelled], group: int, tokenizer: Tokenizer) -> Iterator[Shown]:
    """Lay out the passages of a question."""
    ends = special_tokens(tokenizer)
    parts = [parts_of(labelled.passage) for labelled in passages]
    texts = [question, *(text for each in parts for text, _ in each)]
    encoded = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
    asked = next(encoded).ids
    for labelled, each in zip(passages, parts, strict=True):
        encodings = [next(encoded) for _ in each]
        layout = lay_out(asked, [(one.ids, piece) for one, (_, piece) in zip(encodings, each, strict=True)], ends)
        marks = [
            mark
            for one, (text, piece) in zip(encodings, each, strict=True)
            for mark in _answering(text, one.offsets, labelled.answers.get(piece))
        ]
        start = layout.types.index(1)
        answering = [False] * start + marks[: len(layout.ids) - 1 - start] + [False]
        yield Shown(layout, tuple(answering), group)


def _answering(text: str, offsets: Sequence[tuple[int, int]], keys: tuple[str, ...] | None) -> list[bool]:
    """Tell which tokens of a piece answer; None: none of them, (): all."""
    if keys is None:
        return [False] * len(offsets)
    lowered = text.lower()
    spans = [(lowered.find(key.lower()), len(key)) for key in keys]
    spans = [(start, start + length) for start, length in spans if start >= 0]
    if not spans or len(lowered) != len(text):
        return [True] * len(offsets)
    return [any(start < end and first < stop for start, stop in spans) for first, end in offsets]


def log_likelihoods(network: ReaderNetwork, passages: Sequence[Shown], count: int, *, dropout: float) -> Tensor:
    """Give the log-likelihood of the right tokens for each of `count` questions."""
    import torch

    everything: list[list[Tensor]] = [[torch.zeros(1)] for _ in range(count)]
    right: list[list[Tensor]] = [[] for _ in range(count)]
    for batch in batches([len(one.layout.ids) for one in passages]):
        weights, pieces = network.weigh([passages[index].layout for index in batch], dropout=dropout)
        for row, index in enumerate(batch):
            one = passages[index]
            everything[one.group].append(weights[row][pieces[row] >= 0])
            if any(one.answering):
                answering = torch.tensor(one.answering)
                right[one.group].append(weights[row][: len(answering)][answering])
    return torch.stack(
        [
            (torch.logsumexp(torch.cat(found), 0) if found else torch.zeros(())) - torch.logsumexp(torch.cat(tokens), 0)
            for found, tokens in zip(right, everything, strict=True)
        ]
    )


def measure(network: ReaderNetwork, held_out: Sequence[Group], tokenizer: Tokenizer) -> dict[str, float]:
    """Give, on groups that were not trained on, how often the best piece is right and the area under the curve."""
    import torch

    hits: list[float] = []
    signals: list[tuple[float, bool]] = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for group in held_out:
            passages = [*group.right[:1], *group.wrong][:_MEASURED_PASSAGES]
            best, mass, is_right = -np.inf, [0.0], False
            for one in shown(group.question, passages, 0, tokenizer):
                weights, pieces = network.weigh([one.layout])
                for piece in set(one.layout.pieces) - {-1}:
                    inside = weights[0][pieces[0] == piece]
                    weight = float(torch.logsumexp(inside, 0))
                    mass.append(weight)
                    if weight > best:
                        places = [place for place, number in enumerate(one.layout.pieces) if number == piece]
                        best, is_right = weight, any(one.answering[place] for place in places)
            if group.right:
                hits.append(float(is_right))
            signals.append((float(np.logaddexp.reduce(mass)), bool(group.right)))
    return {"first_piece_right": float(np.mean(hits)), "auc": area_under_curve(signals)}


def train(
    network: ReaderNetwork,
    training: Sequence[Group],
    held_out: dict[str, Sequence[Group]],
    tokenizer: Tokenizer,
    *,
    steps: int,
    seed: int,
    out: Path,
    every: int = 300,
    rate: float = _RATE,
) -> None:
    """Train for a number of steps and write the weights, and the loss curve as JSON lines, into `out`."""
    import torch

    chance = random.Random(seed)
    torch.manual_seed(seed)
    use_every_core()
    learned = {name: tensor for name, tensor in network.bert.weights.items() if name not in SHARED}
    heads = [network.head, network.asked]
    for tensor in [*learned.values(), *heads]:
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [
            {"params": [one for one in learned.values() if one.dim() > 1], "weight_decay": _DECAY, "lr": rate},
            {"params": [one for one in learned.values() if one.dim() == 1], "weight_decay": 0.0, "lr": rate},
            {"params": heads, "weight_decay": 0.0, "lr": _HEAD_RATE},
        ]
    )
    rates = schedule(optimiser, steps, _WARM_UP)
    queue: list[Group] = []
    losses: list[float] = []
    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    with (out / "curve.jsonl").open("w", encoding="utf-8") as curve:
        for step in range(1, steps + 1):
            if len(queue) < _GROUPS:
                queue = chance.sample(list(training), len(training))
            chosen, queue = queue[:_GROUPS], queue[_GROUPS:]
            passages = [
                one
                for number, group in enumerate(chosen)
                for one in shown(group.question, sampled(group, chance), number, tokenizer)
            ]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = -log_likelihoods(network, passages, len(chosen), dropout=_DROPOUT).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*learned.values(), *heads], _CLIP)
            optimiser.step()
            rates.step()
            losses.append(float(loss.detach()))
            if step % every == 0 or step == steps:
                save(network, out)
                figures = {name: measure(network, some, tokenizer) for name, some in held_out.items()}
                line = {"step": step, "seconds": round(time.monotonic() - started), "loss": float(np.mean(losses))}
                print(json.dumps(line | figures), file=curve, flush=True)
                logger.info("%s", line | figures)
                losses = []
            elif step % 50 == 0:
                logger.info("step %d of %d, %.1f s, loss %.3f", step, steps, time.monotonic() - started, losses[-1])


def save(network: ReaderNetwork, out: Path) -> None:
    """Write what was learned, in half precision."""
    import torch
    from safetensors.torch import save_file

    learned = {name: tensor for name, tensor in network.bert.weights.items() if name not in SHARED}
    stored = {**learned, "asked": network.asked, "head": network.head}
    save_file({name: one.detach().to(torch.float16).contiguous() for name, one in stored.items()}, out / WEIGHTS)


def fresh_network(folder: Path) -> ReaderNetwork:
    """Give an untrained reader on the network of an embedder."""
    import torch

    bert = load_network(folder)
    width = bert.weights["embeddings.LayerNorm.weight"].shape[0]
    head = torch.zeros(width + 1)
    head[-1] = _FIRST_BIAS
    return ReaderNetwork(bert, torch.zeros(2, width), head)


def main() -> None:
    """Read the sets, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights and the loss curve")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = load_settings(CoreSettings)
    folder = Path(find_embedder(settings)[1])
    embedder = build_embedder(settings)
    chance = random.Random(arguments.seed)
    training: list[Group] = []
    held_out: dict[str, Sequence[Group]] = {}
    for each in read_sets(arguments, embedder):
        made = list(groups(each.items, each.corpus, embedder))
        kept = list(groups(each.held_out, each.corpus, embedder))
        if kept:
            held_out[each.name] = chance.sample(kept, min(len(kept), _MEASURED))
        training += weighted(made, each.weight, chance)
        logger.info(
            "%s: %d groups of %d items, weight %g; %d held out",
            each.name,
            len(made),
            len(each.items),
            each.weight,
            len(kept),
        )
    train(
        fresh_network(folder),
        training,
        held_out,
        load_tokenizer(folder / "tokenizer.json"),
        steps=arguments.steps,
        seed=arguments.seed,
        out=arguments.out,
    )


if __name__ == "__main__":
    main()
