"""Measures the chat model alone: how fast it reads and writes, one answer at a time and several at once.

The same prompts (the product's own, over the sample handbook) go through llama-cpp-python's loop with the adapter
beside the model, as it loads one, and through Docent's engine with the adapter beside it and in its weights. See
README.md, "The chat model".
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import busy, machine, versions
from core.answering.prompt import template
from core.evaluation.questions import parse_questions
from core.inference.cpu import physical_cores
from core.inference.llama_binding import load_binding
from core.inference.llama_engine import BATCH_TOKENS, Generation, LlamaEngine
from core.inference.merging import merged
from core.inference.model_files import BUNDLED_ADAPTER, BUNDLED_CHAT_MODEL
from core.models import ChatMessage, Sampling

REPOSITORY = Path(__file__).resolve().parent.parent
CONTEXT_TOKENS = 1024
Prompt = list[int]


@dataclass(frozen=True, slots=True)
class Speed:
    """prompt, written: tokens a second. seconds: for all answers."""

    prompt: float
    written: float
    seconds: float


def prompts(engine: LlamaEngine, count: int) -> list[Prompt]:
    """Give prompts with three notes each, from the sample questions and their evidence."""
    set_file = REPOSITORY / "examples" / "questions.jsonl"
    every = parse_questions(set_file.read_text(encoding="utf-8"), str(set_file))
    items = [item for item in every if item.answerable and not item.history][: count + 2]
    made = []
    for number in range(count):
        notes = "\n".join(
            f"[{place}] {item.evidence}" for place, item in enumerate(items[number : number + 3], start=1)
        )
        asked = template("question").format(notes=notes, question=items[number].question)
        made.append(engine.tokenize([ChatMessage("system", template("system")), ChatMessage("user", asked)]))
    return made


def binding_loop(lora_path: Path | None, path: Path) -> Callable[[Sequence[Prompt], Sampling], Speed]:
    """Give llama-cpp-python's own way: `Llama.generate`, one answer after the other."""
    threads = physical_cores()
    llama: Any = load_binding().Llama(
        str(path),
        n_ctx=CONTEXT_TOKENS,
        n_batch=BATCH_TOKENS,
        n_ubatch=BATCH_TOKENS,
        n_threads=threads,
        n_threads_batch=threads,
        lora_path=str(lora_path) if lora_path else None,
        verbose=False,
    )
    ends = {llama.token_eos()}

    def run(asked: Sequence[Prompt], sampling: Sampling) -> Speed:
        read = written = 0
        reading = writing = 0.0
        for prompt in asked:
            llama.reset()
            started = time.perf_counter()
            first = 0.0
            for count, token in enumerate(llama.generate(prompt, temp=0.0), start=1):
                first = first or time.perf_counter()
                if token in ends or count == sampling.max_tokens:
                    break
            read, written = read + len(prompt), written + count - 1
            reading, writing = reading + first - started, writing + time.perf_counter() - first
        return Speed(read / reading, written / writing, reading + writing)

    return run


def docent_loop(engine: LlamaEngine, at_once: int) -> Callable[[Sequence[Prompt], Sampling], Speed]:
    """Give Docent's way with so many answers at once; what prompts share is read once, as in the product."""

    def run(asked: Sequence[Prompt], sampling: Sampling) -> Speed:
        waiting = list(asked)
        running: list[Generation] = []
        firsts: list[tuple[int, float]] = []
        written = 0
        started = time.perf_counter()
        while waiting or running:
            while waiting and len(running) < at_once and (begun := engine.begin(waiting[0], sampling)):
                waiting.pop(0)
                running.append(begun)
            engine.step()
            for generation in [one for one in running if one.done]:
                running.remove(generation)
                written += generation.count - 1
                firsts.append((generation.fresh, (generation.first_token or started) - generation.started))
        seconds = time.perf_counter() - started
        reading = sum(first for _, first in firsts)
        return Speed(sum(fresh for fresh, _ in firsts) / reading, written / max(seconds - reading, 1e-9), seconds)

    return run


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=8, metavar="N", help="prompts of a round (8)")
    parser.add_argument("--at-once", type=int, nargs="+", default=[2, 4, 8], metavar="N")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--max-tokens", type=int, default=60, metavar="N", help="of an answer (60)")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    before = busy()
    with tempfile.TemporaryDirectory(prefix="bench-model-") as place:
        one_file = merged(BUNDLED_CHAT_MODEL.path, BUNDLED_ADAPTER, Path(place) / "bundled-1.gguf")
        most = max(options.at_once)
        threads = physical_cores()
        beside = LlamaEngine(
            BUNDLED_CHAT_MODEL.path, threads=threads, context_tokens=CONTEXT_TOKENS, lora_path=BUNDLED_ADAPTER
        )
        engine = LlamaEngine(one_file, threads=threads, context_tokens=CONTEXT_TOKENS, parallel=most)
        asked = prompts(engine, options.questions)
        ways = {
            "llama-cpp-python, adapter beside the model": binding_loop(BUNDLED_ADAPTER, BUNDLED_CHAT_MODEL.path),
            "Docent, adapter beside the model": docent_loop(beside, 1),
            "Docent, adapter in its weights": docent_loop(engine, 1),
            **{f"the same, {number} at once": docent_loop(engine, number) for number in options.at_once},
        }
        sampling = Sampling(max_tokens=options.max_tokens)
        speeds: dict[str, list[Speed]] = {name: [] for name in ways}
        for round_number in range(-1, options.repeat):  # one unmeasured
            for name, run in ways.items():
                speed = run(asked, sampling)
                if round_number >= 0:
                    speeds[name].append(speed)
        beside.close()
        engine.close()
    print(f"machine: {machine()}\nbusy: {before} at the beginning, {busy()} at the end")
    found = versions(("llama-cpp-python",))
    print("versions: " + ", ".join(f"{name} {number}" for name, number in found.items()))
    print(f"{len(asked)} prompts of {median(map(len, asked)):.0f} tokens (median), {options.repeat} rounds; medians\n")
    print("| way | prompt tokens/s | written tokens/s | s for all | answers/min | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    slowest: float | None = None
    for name, each in speeds.items():
        seconds = median(speed.seconds for speed in each)
        slowest = slowest or seconds
        alone = "at once" not in name
        read, written = (f"{median(getattr(one, kind) for one in each):.0f}" for kind in ("prompt", "written"))
        print(
            f"| {name} | {read if alone else ''} | {written if alone else ''} | {seconds:.1f} "
            f"| {60 * len(asked) / seconds:.0f} | {slowest / seconds:.2f} |"
        )


if __name__ == "__main__":
    main()
