"""Measures how near Docent's engine comes to llama.cpp's own limit with a model of 3 billion parameters.

The weights are random, in the shapes of Llama 3.2 3B and 4 bits each: what is multiplied does not change how long it
takes. The limit is what `llama-bench` does: whole batches of a prompt, then one token after the other, nothing sampled
and nothing turned into text. See README.md, "A large model".
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import busy, machine, versions
from core.inference.cpu import physical_cores
from core.inference.llama_binding import load_binding
from core.inference.llama_engine import LlamaEngine
from core.inference.model_files import BUNDLED_CHAT_MODEL
from core.models import Sampling

LAYERS, WIDTH, INNER, HEADS, KEY_HEADS = 28, 3072, 8192, 24, 8
_BLOCK = 32  # weights that share a scale in Q4_0: 2 bytes for it and 16 for them
_ORDINARY = 1000  # tokens from here on are words


def random_model(path: Path, layers: int, seed: int) -> int:
    """Write a Llama of so many layers with the bundled model's vocabulary; gives its number of weights."""
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType

    chance = np.random.default_rng(seed)
    writer = GGUFWriter(path, "llama")
    source = GGUFReader(BUNDLED_CHAT_MODEL.path)
    for name, field in source.fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            writer.add_key_value(
                name, field.contents(), kind, sub_type=field.types[-1] if kind == GGUFValueType.ARRAY else None
            )
    words = len(source.fields["tokenizer.ggml.tokens"].contents())
    writer.add_block_count(layers)
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(words)
    writer.add_file_type(LlamaFileType.MOSTLY_Q4_0)
    count = 0

    def matrix(name: str, rows: int, columns: int) -> None:
        nonlocal count
        count += rows * columns
        blocks = chance.integers(0, 256, (rows, columns // _BLOCK, _BLOCK // 2 + 2), dtype=np.uint8)
        blocks[..., :2] = np.array([0.002], dtype=np.float16).view(np.uint8)
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=GGMLQuantizationType.Q4_0)

    def norm(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, dtype=np.float32))

    matrix("token_embd.weight", words, WIDTH)
    norm("output_norm.weight")
    keys = WIDTH // HEADS * KEY_HEADS
    for layer in range(layers):
        for name, rows, columns in (
            ("attn_q", WIDTH, WIDTH),
            ("attn_k", keys, WIDTH),
            ("attn_v", keys, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", INNER, WIDTH),
            ("ffn_up", INNER, WIDTH),
            ("ffn_down", WIDTH, INNER),
        ):
            matrix(f"blk.{layer}.{name}.weight", rows, columns)
        norm(f"blk.{layer}.attn_norm.weight")
        norm(f"blk.{layer}.ffn_norm.weight")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return count


class Limit:
    """llama.cpp as `llama-bench` runs it: its defaults, the same threads."""

    def __init__(self, path: Path, threads: int, context_tokens: int) -> None:
        self._binding: Any = load_binding()
        self._model = self._binding.llama_model_load_from_file(
            str(path).encode(), self._binding.llama_model_default_params()
        )
        parameters = self._binding.llama_context_default_params()
        parameters.n_ctx = context_tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        self._context = self._binding.llama_init_from_model(self._model, parameters)

    def run(self, prompt: Sequence[int], tokens: int) -> tuple[float, float]:
        """Read a prompt, then so many single tokens; gives the tokens a second of both."""
        self._binding.llama_memory_clear(self._binding.llama_get_memory(self._context), True)
        started = time.perf_counter()
        self._decode(prompt)
        read = time.perf_counter()
        for token in prompt[:tokens]:
            self._decode([token])
        return len(prompt) / (read - started), tokens / (time.perf_counter() - read)

    def _decode(self, tokens: Sequence[int]) -> None:
        held = (self._binding.llama_token * len(tokens))(*tokens)  # the batch only points to them
        if failure := self._binding.llama_decode(self._context, self._binding.llama_batch_get_one(held, len(tokens))):
            raise SystemExit(f"llama_decode gave {failure}")
        self._binding.llama_synchronize(self._context)

    def close(self) -> None:
        """Free it."""
        self._binding.llama_free(self._context)
        self._binding.llama_model_free(self._model)


def docent(engine: LlamaEngine, prompt: Sequence[int], tokens: int) -> tuple[float, float]:
    """Give the engine's tokens a second, of the prompt until its first token, and of those after it."""
    generation = engine.begin(prompt, Sampling(max_tokens=tokens + 1))
    if generation is None:
        raise SystemExit("The engine takes no prompt.")
    while not generation.done:
        engine.step()
    ended = time.perf_counter()
    first = generation.first_token
    if first is None or generation.count < 2:
        raise SystemExit("The random model ended its answer at once; choose another --seed.")
    return len(prompt) / (first - generation.started), (generation.count - 1) / (ended - first)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=LAYERS, metavar="N", help=f"fewer for a first look ({LAYERS})")
    parser.add_argument("--prompt", type=int, default=256, metavar="N", help="tokens of a prompt (256)")
    parser.add_argument("--tokens", type=int, default=32, metavar="N", help="tokens of an answer (32)")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and prompts (0)")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    before = busy()
    threads, room = physical_cores(), options.prompt + options.tokens + 8
    chance = random.Random(options.seed)
    limits, ours = [], []
    with tempfile.TemporaryDirectory(prefix="bench-large-") as place:
        path = Path(place) / "random.gguf"
        weights = random_model(path, options.layers, options.seed)
        limit, engine = Limit(path, threads, room), LlamaEngine(path, threads=threads, context_tokens=room)
        for round_number in range(-1, options.repeat):  # one unmeasured
            prompt = [chance.randrange(_ORDINARY, 40_000) for _ in range(options.prompt)]
            rates = limit.run(prompt, options.tokens), docent(engine, prompt, options.tokens)
            if round_number >= 0:
                limits.append(rates[0])
                ours.append(rates[1])
        limit.close()
        engine.close()
    print(f"machine: {machine()}\nbusy: {before} at the beginning, {busy()} at the end")
    found = versions(("llama-cpp-python",))
    print("versions: " + ", ".join(f"{name} {number}" for name, number in found.items()))
    print(f"{weights / 1e9:.2f} billion random weights (Q4_0), {threads} threads, {options.repeat} rounds; medians\n")
    print("| | llama.cpp's limit | Docent's engine | ratio |")
    print("| --- | --- | --- | --- |")
    for place_of, what in enumerate((f"prompt tokens/s ({options.prompt})", f"written tokens/s ({options.tokens})")):
        ratio = median(own[place_of] / best[place_of] for best, own in zip(limits, ours, strict=True))
        best, own = (median(rate[place_of] for rate in rates) for rates in (limits, ours))
        print(f"| {what} | {best:.1f} | {own:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
