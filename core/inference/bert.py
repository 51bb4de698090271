"""A BERT sentence encoder on bare PyTorch, so that the usual embedder is ready in a fraction of the time.

Importing sentence-transformers takes several seconds, of which PyTorch is the smaller part. Most embedders, the
bundled one among them, are a BERT with mean pooling [1], which is a page of code; a test holds it to the vectors
that sentence-transformers computes.

[1] https://arxiv.org/abs/1908.10084 (Reimers and Gurevych, Sentence-BERT)
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.inference.cpu import multiplies_bfloat16, prepare_torch
from core.inference.workers import in_worker, side_by_side, worker_count
from core.ports import Embeddings

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

WEIGHTS = "model.safetensors"
_LENGTHS = 8  # tokens by which the lengths of batches differ
_LOOKED_AT = ("query", "key", "value")
BATCH_TOKENS = 1024  # padding included; what fits the caches of a core is faster than larger batches


def padded_length(longest: int) -> int:
    """Give the tokens to which a batch is padded: with fewer different shapes fewer compiled products are kept."""
    return -(-longest // _LENGTHS) * _LENGTHS


def is_plain_bert(folder: Path) -> bool:
    """Tell whether a sentence-transformers folder holds what `BertEncoder` computes, and nothing beyond it."""
    modules = [module["type"].rpartition(".")[2] for module in read_json(folder / "modules.json") or []]
    config = read_json(folder / "config.json")
    pooling = read_json(folder / "1_Pooling" / "config.json")
    return (
        modules in (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling"])
        and (folder / WEIGHTS).is_file()
        and config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and [mode for mode, is_on in pooling.items() if mode.startswith("pooling_mode") and is_on is True]
        == ["pooling_mode_mean_tokens"]
        and not read_json(folder / "sentence_bert_config.json").get("do_lower_case")
        and not read_json(folder / "config_sentence_transformers.json").get("default_prompt_name")
    )


def read_json(path: Path) -> Any:
    """Give the content of a JSON file, {} when there is no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def batches(lengths: Sequence[int], at_once: int = 1) -> Iterator[list[int]]:
    """Give the indexes of texts in batches of up to BATCH_TOKENS; similar lengths together, so that padding is rare.

    at_once: how many batches are run at a time; there are as many where there are texts enough.
    """
    most = min(BATCH_TOKENS, -(-sum(lengths) // at_once))
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


class BertNetwork:
    """The layers of a BERT as functions of its weights, which stay where they are given, so that they can be trained.

    weights: tensors by their names in a checkpoint, without "bert." before them.
    """

    def __init__(self, weights: Mapping[str, Tensor], *, layers: int, heads: int, epsilon: float) -> None:
        self.weights = weights
        self._layers = layers
        self._heads = heads
        self._epsilon = epsilon

    def with_weights(self, weights: Mapping[str, Tensor]) -> BertNetwork:
        """Give the same network with some weights of its own."""
        return BertNetwork({**self.weights, **weights}, layers=self._layers, heads=self._heads, epsilon=self._epsilon)

    def for_inference(self) -> BertNetwork:
        """Give the same network made quick, for what needs no gradients."""
        return _Quick(self)

    def embed(self, ids: Tensor, types: Tensor | None = None) -> Tensor:
        """Give the first states (texts x tokens x width) of token ids; types: 0 or 1 a token, all 0 unless given."""
        from torch.nn import functional

        words = functional.embedding(ids, self.weights["embeddings.word_embeddings.weight"])
        kinds = self.weights["embeddings.token_type_embeddings.weight"]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return words + places + (kinds[0] if types is None else functional.embedding(types, kinds))

    def run(self, states: Tensor, is_text: Tensor, *, dropout: float = 0.0) -> Tensor:
        """Give the last states of first ones; is_text (texts x tokens) is false for padding."""
        from torch.nn import functional

        texts, tokens, width = states.shape
        states = functional.dropout(self._norm(states, "embeddings.LayerNorm"), dropout, dropout > 0)
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            query, key, value = (
                part.view(texts, tokens, self._heads, -1).transpose(1, 2)
                for part in self._looked_at(states, f"{name}.attention.self")
            )
            attended = _attend(query, key, value, is_text).transpose(1, 2).reshape(texts, tokens, width)
            attended = self._linear(attended, f"{name}.attention.output.dense")
            attended = functional.dropout(attended, dropout, dropout > 0)
            states = self._norm(states + attended, f"{name}.attention.output.LayerNorm")
            inner = self._widened(states, f"{name}.intermediate.dense")
            inner = functional.dropout(self._linear(inner, f"{name}.output.dense"), dropout, dropout > 0)
            states = self._norm(states + inner, f"{name}.output.LayerNorm")
        return states

    def _looked_at(self, states: Tensor, name: str) -> Sequence[Tensor]:
        """Give query, key and value (texts x tokens x width each)."""
        return [self._linear(states, f"{name}.{part}") for part in _LOOKED_AT]

    def _widened(self, states: Tensor, name: str) -> Tensor:
        from torch.nn import functional

        return functional.gelu(self._linear(states, name))

    def _linear(self, states: Tensor, name: str) -> Tensor:
        from torch.nn import functional

        return functional.linear(states, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _norm(self, states: Tensor, name: str) -> Tensor:
        from torch.nn import functional

        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(states, weight.shape, weight, bias, self._epsilon)


class _Quick(BertNetwork):
    """The same network with fewer passes over memory: query, key and value are one product.

    Where the CPU multiplies bfloat16 numbers, products are bfloat16, with the bias and GELU as a part of them, in some
    40 % of the time. Sums, norms and what passes from layer to layer stay float32, and the vectors turn by less than
    one degree: benchmarks/README.md, "Embedding".
    """

    def __init__(self, network: BertNetwork) -> None:
        import torch

        weights = {}
        for name, weight in network.weights.items():
            before, query, kind = name.rpartition("attention.self.query.")
            if query:
                parts = [network.weights[f"{before}attention.self.{part}.{kind}"] for part in _LOOKED_AT]
                weights[f"{before}attention.self.{kind}"] = torch.cat(parts)
            elif ".attention.self." not in name:
                weights[name] = weight
        self._in_one = multiplies_bfloat16()
        if self._in_one:
            for name, weight in weights.items():
                if name.startswith("encoder.") and "LayerNorm" not in name:
                    weights[name] = weight.to(torch.bfloat16)
                    if weight.dim() > 1:  # in oneDNN's own order; else each product begins with putting it there
                        weights[name] = torch.ops.mkldnn._reorder_linear_weight(weights[name], BATCH_TOKENS)
        super().__init__(weights, layers=network._layers, heads=network._heads, epsilon=network._epsilon)

    def _looked_at(self, states: Tensor, name: str) -> Sequence[Tensor]:
        return self._linear(states, name).chunk(3, dim=-1)

    def _widened(self, states: Tensor, name: str) -> Tensor:
        return self._product(states, name, "gelu") if self._in_one else super()._widened(states, name)

    def _linear(self, states: Tensor, name: str) -> Tensor:
        return self._product(states, name, "none") if self._in_one else super()._linear(states, name)

    def _product(self, states: Tensor, name: str, then: str) -> Tensor:
        """Multiply, add the bias and apply `then` in one pass, as oneDNN can; torch.compile calls it the same way."""
        import torch

        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        product: Tensor = torch.ops.mkldnn._linear_pointwise(states.to(weight.dtype), weight, bias, then, [], "none")
        return product


def _attend(query: Tensor, key: Tensor, value: Tensor, is_text: Tensor) -> Tensor:
    """Give the attention of each head; spelled out while gradients are kept, where that is twice as fast on a CPU."""
    import torch
    from torch.nn import functional

    seen = is_text[:, None, None, :]
    if not torch.is_grad_enabled():
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    return torch.softmax(scores.masked_fill(~seen, -1e4), dim=-1).to(value.dtype) @ value


def load_tokenizer(file: Path) -> Tokenizer:
    """Load a tokenizer from its `tokenizer.json`, without padding or cutting."""
    # Set, so that the library neither warns nor gives up its threads when a process is forked later.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from tokenizers import Tokenizer

    return uncut(Tokenizer.from_file(str(file)))


def uncut(tokenizer: Tokenizer) -> Tokenizer:
    """Make a tokenizer give every token of a text, and no padding."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_network(folder: Path) -> BertNetwork:
    """Load the BERT of a model's folder. Raises OSError, KeyError or SafetensorError for a damaged one."""
    prepare_torch()
    from safetensors.torch import load_file

    config = read_json(folder / "config.json")
    weights = {
        name.removeprefix("bert."): tensor.float()
        for name, tensor in load_file(folder / WEIGHTS).items()
        if tensor.is_floating_point()
    }
    return BertNetwork(
        weights,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config["layer_norm_eps"],
    )


class BertEncoder:
    """The encoder of a folder that `is_plain_bert`; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """Load the weights."""
        self._network = in_worker(lambda: load_network(folder).for_inference())
        self._width: int = read_json(folder / "config.json")["hidden_size"]

    def encode(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        """Embed texts given as token ids, special tokens included: a row of length 1 for each text."""
        vectors = np.empty((len(texts), self._width), dtype=np.float32)

        def encode(batch: Sequence[int]) -> None:
            vectors[batch] = self._embed([texts[index] for index in batch])

        side_by_side(encode, list(batches([len(text) for text in texts], worker_count())))
        return vectors

    def _embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        import torch
        from torch.nn import functional

        with torch.inference_mode():
            lengths = torch.tensor([len(text) for text in texts])
            ids = torch.zeros(len(texts), padded_length(int(lengths.max())), dtype=torch.long)
            for row, text in enumerate(texts):
                ids[row, : len(text)] = torch.tensor(text)
            is_text = torch.arange(ids.shape[1]) < lengths[:, None]
            states = self._network.run(self._network.embed(ids), is_text)
            total = (states * is_text[:, :, None]).sum(dim=1)  # its direction is that of the mean
            vectors: Embeddings = functional.normalize(total, dim=1).numpy()
        return vectors
