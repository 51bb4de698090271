"""Renders a conversation into the one text that a model reads, with the model's own chat template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError, ModelError
from core.models import ChatMessage

if TYPE_CHECKING:
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

# For models without a template: the format that most of them have seen in training.
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CHATML_END = "<|im_end|>"


class ChatTemplate:
    """A model's chat template, run in Jinja's sandbox because it comes with the model file.

    stop: strings that end an answer, beside the model's own end tokens.
    """

    def __init__(self, template: str | None, *, bos: str, eos: str) -> None:
        """Compile the template (None: ChatML); bos and eos are the texts of those tokens.

        Raises ConfigurationError when the template is not valid Jinja.
        """
        import jinja2
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        # A model without a template may not know the end marker as a token of its own.
        self.stop: tuple[str, ...] = () if template else (CHATML_END,)
        try:
            self._formatter: Jinja2ChatFormatter = Jinja2ChatFormatter(template or CHATML, eos_token=eos, bos_token=bos)
        except jinja2.TemplateSyntaxError as error:
            raise ConfigurationError(
                f"The model's chat template can't be read (line {error.lineno}: {error.message}); choose another model."
            ) from None

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """Give the prompt, ending where the assistant's answer begins.

        A template that knows no system role (Gemma's) gets the system text at the start of the first user message.
        Raises ModelError when the template refuses the messages in any case, for instance two users in a row.
        """
        import jinja2

        try:
            return self._apply(messages)
        except (ValueError, jinja2.TemplateError) as error:
            folded = fold_system(messages)
            if folded == list(messages):
                raise ModelError(f"The model's chat template refuses these messages: {error}") from None
        try:
            return self._apply(folded)
        except (ValueError, jinja2.TemplateError) as error:
            raise ModelError(f"The model's chat template refuses these messages: {error}") from None

    def _apply(self, messages: Sequence[ChatMessage]) -> str:
        # Templates of models that think aloud read enable_thinking; the answer is wanted at once.
        plain: list[Any] = [{"role": message.role, "content": message.content} for message in messages]
        prompt: str = self._formatter(messages=plain, enable_thinking=False).prompt
        return prompt


def fold_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Move the text of the system messages to the start of the first user message that follows them."""
    system: list[str] = []
    folded = []
    for message in messages:
        if message.role == "system":
            system.append(message.content)
        elif message.role == "user" and system:
            folded.append(ChatMessage("user", "\n\n".join([*system, message.content])))
            system = []
        else:
            folded.append(message)
    return folded if not system else [*folded, ChatMessage("user", "\n\n".join(system))]
