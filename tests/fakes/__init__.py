"""Stand-ins at the seams, held to the same contract as the real parts."""

from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder

__all__ = ["FakeChatModel", "FakeEmbedder"]
