"""Trains a low-rank adapter that teaches a small GGUF chat model to phrase; `--help` says how.

Each example is the prompt exactly as the product builds it, with a right piece of evidence among near misses, and the
answer that is wanted, all of whose sentences the evidence check lets through; the loss is the negative log-likelihood
of the answer's tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.answering.choosing import EvidenceChooser
from core.inference.factory import build_embedder, build_reader
from core.inference.llama_engine import LlamaEngine
from core.inference.model_files import find_chat_model
from core.inference.workers import use_every_core
from core.models import ChatMessage
from core.settings import CoreSettings, load_settings
from core.training.adapter import Adapter
from core.training.phrasing_examples import Example, examples
from core.training.schedule import schedule
from core.training.sets import add_arguments, read_sets, weighted

logger = logging.getLogger(__name__)

_RANK = 16
_ALPHA = 32.0
_DROPOUT = 0.05
# How to write is decided late: only this upper share of the blocks is adapted, for a third less to compute.
_ADAPTED = 0.6
_RATE = 4e-4
# What only repeats a note is quoted anyway; a few such examples keep the model from inventing where it had better copy.
_COPIES = 0.15
_WARM_UP = 0.03
_CLIP = 1.0
_BATCH = 8
# Batches of similar length: a pool of so many is sorted, cut, and its batches shuffled.
_POOL = 16 * _BATCH
_MEASURED = 64
_LONGEST_TOKENS = 640
ADAPTER = "phrasing.gguf"


@dataclass(frozen=True, slots=True)
class Tokens:
    """An example as the model reads it."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


def tokens_of(example: Example, engine: LlamaEngine) -> Tokens:
    """Tokenize as llama.cpp does in the product; the answer ends with the model's own end."""
    prompt = engine.tokenize(example.messages)
    whole = engine.tokenize([*example.messages, ChatMessage("assistant", example.answer)])
    answer = whole[len(prompt) :]
    end = len(answer) - next(place for place, token in enumerate(reversed(answer)) if engine.is_end(token))
    return Tokens(tuple(prompt), tuple(answer[:end]))


def batches(examples: Sequence[Tokens], chance: random.Random) -> list[list[Tokens]]:
    """Give one round of batches in random order, each of examples of similar length."""
    order = chance.sample(list(examples), len(examples))
    made = []
    for start in range(0, len(order), _POOL):
        pool = sorted(order[start : start + _POOL], key=lambda one: len(one.prompt) + len(one.answer))
        made += [pool[place : place + _BATCH] for place in range(0, len(pool), _BATCH)]
    chance.shuffle(made)
    return made


def loss_of(model: Any, batch: Sequence[Tokens]) -> Any:
    """Give the mean negative log-likelihood of the answers' tokens; only for these the words are computed."""
    import torch
    from torch.nn import functional

    longest = max(len(one.prompt) + len(one.answer) for one in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    is_text = torch.zeros(len(batch), longest, dtype=torch.long)
    rows: list[int] = []
    places: list[int] = []
    wanted: list[int] = []
    for row, one in enumerate(batch):
        length = len(one.prompt) + len(one.answer)
        ids[row, :length] = torch.tensor(one.prompt + one.answer)
        is_text[row, :length] = 1
        rows += [row] * len(one.answer)
        places += range(len(one.prompt) - 1, length - 1)
        wanted += one.answer
    states = model.model(input_ids=ids, attention_mask=is_text, use_cache=False).last_hidden_state
    scores = model.lm_head(states[rows, places]).float()
    return functional.cross_entropy(scores, torch.tensor(wanted))


def train(
    model: Any,
    training: Sequence[Tokens],
    held_out: Mapping[str, Sequence[Tokens]],
    *,
    steps: int,
    seed: int,
    out: Path,
    every: int = 40,
    rate: float = _RATE,
) -> None:
    """Train for a number of steps and write the adapter, and the loss curve as JSON lines, into `out`."""
    import torch

    chance = random.Random(seed)
    torch.manual_seed(seed)
    use_every_core()
    model.train()
    first_block = round(len(model.model.layers) * (1 - _ADAPTED))
    adapter = Adapter(model, rank=_RANK, alpha=_ALPHA, dropout=_DROPOUT, first_block=first_block)
    learned = list(adapter.parameters())
    optimiser = torch.optim.AdamW(learned, lr=rate, weight_decay=0.0)
    rates = schedule(optimiser, steps, _WARM_UP)
    queue: list[list[Tokens]] = []
    losses: list[float] = []
    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    with (out / "phrasing-curve.jsonl").open("w", encoding="utf-8") as curve:
        for step in range(1, steps + 1):
            if not queue:
                queue = batches(training, chance)
            loss = loss_of(model, queue.pop())
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, _CLIP)
            optimiser.step()
            rates.step()
            losses.append(float(loss.detach()))
            if step % every == 0 or step == steps:
                adapter.save(out / ADAPTER)
                line = {"step": step, "seconds": round(time.monotonic() - started), "loss": float(np.mean(losses))}
                line |= {name: measure(model, some) for name, some in held_out.items()}
                print(json.dumps(line), file=curve, flush=True)
                logger.info("%s", line)
                losses = []


def measure(model: Any, held_out: Sequence[Tokens]) -> float:
    """Give the mean loss on examples that were not trained on."""
    import torch

    model.eval()
    with torch.inference_mode():
        losses = [float(loss_of(model, held_out[place : place + 8])) for place in range(0, len(held_out), 8)]
    model.train()
    return float(np.mean(losses))


def load_llama(path: Path) -> Any:
    """Load a GGUF file into PyTorch, its weights dequantised to bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    return AutoModelForCausalLM.from_pretrained(
        str(path.parent),
        gguf_file=path.name,
        dtype=torch.bfloat16,
        attn_implementation="eager",  # its backward pass is the fastest in bfloat16 on a CPU
        quantization_config=GgufConfig(dequantize=True),
    )


async def _made(
    arguments: argparse.Namespace, settings: CoreSettings
) -> tuple[list[Example], dict[str, list[Example]]]:
    """Make the examples to train on and, by set, those that are only measured."""
    embedder = build_embedder(settings)
    chooser = EvidenceChooser(embedder, build_reader(settings), settings.search_language)
    chance = random.Random(arguments.seed)
    training: list[Example] = []
    held_out: dict[str, list[Example]] = {}
    for each in read_sets(arguments, embedder):
        # An example takes a while to make: of a set that is taken in part, the rest is not made at all.
        items = chance.sample(list(each.items), int(len(each.items) * min(each.weight, 1)))
        every = [one async for one in examples(items, each.corpus, embedder, chooser, chance)]
        made = [one for one in every if not one.is_copy or chance.random() < _COPIES]
        training += weighted(made, max(each.weight, 1), chance)
        rest = chance.sample(list(each.held_out), min(len(each.held_out), _MEASURED))
        if measured := [one async for one in examples(rest, each.corpus, embedder, chooser, chance)]:
            held_out[each.name] = measured
        logger.info("%s: %d examples of %d items, %d held out", each.name, len(made), len(items), len(measured))
    return training, held_out


def _kept(file: Path) -> tuple[list[Example], dict[str, list[Example]]]:
    """Read examples that were made before."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    held_out = {name: [_example(one) for one in some] for name, some in stored["held_out"].items()}
    return [_example(one) for one in stored["training"]], held_out


def _keep(file: Path, training: Sequence[Example], held_out: Mapping[str, Sequence[Example]]) -> None:
    stored = {
        "training": [asdict(one) for one in training],
        "held_out": {name: [asdict(one) for one in some] for name, some in held_out.items()},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(stored), encoding="utf-8")


def _example(stored: Any) -> Example:
    return Example(tuple(ChatMessage(**message) for message in stored["messages"]), stored["answer"], stored["is_copy"])


def main() -> None:
    """Read the sets, make the examples, train, and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter and the loss curve")
    parser.add_argument("--examples", type=Path, required=True, help="keeps the examples, so that they are made once")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = load_settings(CoreSettings)
    if arguments.examples.is_file():
        training, held_out = _kept(arguments.examples)
    else:
        training, held_out = asyncio.run(_made(arguments, settings))
        _keep(arguments.examples, training, held_out)
    path = find_chat_model(settings)
    engine = LlamaEngine(path, threads=1, context_tokens=2048)
    tokens = [tokens_of(one, engine) for one in training]
    fitting = [one for one in tokens if len(one.prompt) + len(one.answer) <= _LONGEST_TOKENS]
    logger.info(
        "%d examples, %d of them too long, %d tokens in the median",
        len(tokens),
        len(tokens) - len(fitting),
        np.median([len(one.prompt) + len(one.answer) for one in fitting]),
    )
    measured = {name: [tokens_of(one, engine) for one in some] for name, some in held_out.items()}
    engine.close()
    train(load_llama(path), fitting, measured, steps=arguments.steps, seed=arguments.seed, out=arguments.out)


if __name__ == "__main__":
    main()
