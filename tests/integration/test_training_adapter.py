from pathlib import Path

import numpy as np
import pytest

from core.inference.llama_binding import load_binding
from core.inference.llama_context import Entry, LlamaContext
from core.inference.llama_engine import LlamaEngine
from core.inference.model_files import BUNDLED_CHAT_MODEL
from core.models import ChatMessage
from core.training.adapter import Adapter
from core.training.phrasing import Tokens, load_llama, loss_of, tokens_of, train
from core.training.phrasing_examples import Example

pytestmark = pytest.mark.models

PROMPT = (ChatMessage("user", "Notes:\n[1] Leave: You get 28 days.\n\nQuestion: How many days?"),)


@pytest.fixture(scope="module")
def example() -> Tokens:
    engine = LlamaEngine(BUNDLED_CHAT_MODEL.path, threads=1, context_tokens=512)
    tokens = tokens_of(Example(PROMPT, "It is 28 days [1].", is_copy=False), engine)
    assert tokens.prompt == tuple(engine.tokenize(PROMPT))
    assert [engine.is_end(token) for token in tokens.answer] == [False] * (len(tokens.answer) - 1) + [True]
    engine.close()
    return tokens


def next_scores(example: Tokens, lora_path: Path | None) -> np.ndarray:
    """The bundled model's scores for the token after the prompt, as llama.cpp computes them."""
    context = LlamaContext(
        BUNDLED_CHAT_MODEL.path, threads=2, context_tokens=512, sequences=1, batch_tokens=512, lora_path=lora_path
    )
    last = len(example.prompt) - 1
    context.decode([Entry(token, place, 0, place == last) for place, token in enumerate(example.prompt)])
    scores = load_binding().llama_get_logits_ith(context._context, last)
    found = np.array(scores[: context.vocabulary_size])
    context.close()
    return found


def test_an_adapter_does_in_llama_cpp_what_it_did_in_training(tmp_path: Path, example: Tokens) -> None:
    import torch

    model = load_llama(BUNDLED_CHAT_MODEL.path).float()
    torch.manual_seed(1)
    adapter = Adapter(model, rank=4, alpha=8.0)
    ids = torch.tensor([example.prompt])
    with torch.inference_mode():
        before = model(input_ids=ids).logits[0, -1].numpy()
        for low in adapter.layers:
            low.up.normal_(std=0.15 if "attn_q" in low.name or "attn_k" in low.name else 0.04)
        after = model(input_ids=ids).logits[0, -1].numpy()
    adapter.save(tmp_path / "adapter.gguf")
    told = next_scores(example, tmp_path / "adapter.gguf") - next_scores(example, None)
    wanted = after - before
    assert np.corrcoef(told, wanted)[0, 1] > 0.9
    assert np.std(wanted) > 0.3


def test_training_lowers_the_loss_and_leaves_the_model_itself_alone(tmp_path: Path, example: Tokens) -> None:
    import torch

    model = load_llama(BUNDLED_CHAT_MODEL.path)
    with torch.inference_mode():
        before = float(loss_of(model, [example]))
    frozen = model.model.layers[0].mlp.up_proj.weight.clone()
    train(model, [example], {"same": [example]}, steps=6, seed=1, out=tmp_path, every=6)
    with torch.inference_mode():
        assert float(loss_of(model, [example])) < 0.7 * before
    assert torch.equal(model.model.layers[0].mlp.up_proj.weight, frozen)
    assert (tmp_path / "phrasing.gguf").stat().st_size > 1_000_000
    assert '"same"' in (tmp_path / "phrasing-curve.jsonl").read_text(encoding="utf-8")
