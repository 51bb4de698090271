"""Short ways to make the values that tests are about."""

from core.models import Chunk, Evidence, RetrievedChunk


def retrieved(
    text: str = "Some text.", *, number: int = 1, document: str = "leave.md", heading: str = "Leave", score: float = 0.5
) -> RetrievedChunk:
    chunk = Chunk(0, text, heading, f"{heading}\n{text}", f"hash-{number}", None, (1, 2))
    return RetrievedChunk(
        id=number,
        document_id=number,
        collection="default",
        document=document,
        title="Leave",
        chunk=chunk,
        cosine_distance=0.4,
        score=score,
    )


def evidence(text: str, *, number: int = 1, lead: str = "", position: int = 0, document: str = "leave.md") -> Evidence:
    return Evidence(retrieved(text, number=number, document=document), text, 0.8, position, lead)
