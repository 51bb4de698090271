import pytest

from core.errors import ConfigurationError, ModelError
from core.inference.chat_template import ChatTemplate, fold_system
from core.models import ChatMessage

MESSAGES = [ChatMessage("system", "Be brief."), ChatMessage("user", "Why?")]
NO_SYSTEM = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "[{{ message['role'] }}]{{ message['content'] }}{{ eos_token }}{% endfor %}"
)


def test_a_model_without_a_template_gets_chatml_and_its_end_as_a_stop_string() -> None:
    template = ChatTemplate(None, bos="<s>", eos="</s>")
    assert template.render(MESSAGES) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert template.stop == ("<|im_end|>",)


def test_the_models_own_template_is_used_with_its_tokens() -> None:
    template = ChatTemplate(
        "{{ bos_token }}{% for message in messages %}{{ message.content }}{{ eos_token }}{% endfor %}"
        "{% if add_generation_prompt %}>{% endif %}",
        bos="<s>",
        eos="</s>",
    )
    assert template.render(MESSAGES) == "<s>Be brief.</s>Why?</s>>"
    assert template.stop == ()


def test_a_template_without_a_system_role_gets_the_system_text_with_the_question() -> None:
    template = ChatTemplate(NO_SYSTEM, bos="<s>", eos="</s>")
    assert template.render(MESSAGES) == "<s>[user]Be brief.\n\nWhy?</s>"


def test_a_template_that_refuses_the_messages_is_an_error() -> None:
    template = ChatTemplate("{{ raise_exception('roles must alternate') }}", bos="", eos="")
    for messages in (MESSAGES, MESSAGES[1:]):
        with pytest.raises(ModelError, match="roles must alternate"):
            template.render(messages)


def test_a_template_may_not_reach_into_the_program() -> None:
    template = ChatTemplate("{{ messages.__class__.__mro__[1].__subclasses__() }}", bos="", eos="")
    with pytest.raises(ModelError, match="unsafe"):
        template.render(MESSAGES)


def test_a_template_that_is_no_jinja_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="line 1"):
        ChatTemplate("{% for %}", bos="", eos="")


def test_models_that_think_aloud_are_told_not_to() -> None:
    template = ChatTemplate("{% if enable_thinking is false %}<think></think>{% endif %}", bos="", eos="")
    assert template.render(MESSAGES) == "<think></think>"


def test_system_text_goes_to_the_user_message_behind_it() -> None:
    system, user = MESSAGES
    assert fold_system([system, user, user]) == [ChatMessage("user", "Be brief.\n\nWhy?"), user]
    assert fold_system([user, system]) == [user, ChatMessage("user", "Be brief.")]
    assert fold_system([user]) == [user]
