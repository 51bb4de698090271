import pytest

from core.errors import ConfigurationError, ModelBusyError
from core.inference.openai_compatible import (
    OpenAICompatibleChatModel,
    completions_url,
    refused_parameters,
    request_body,
    shorten,
    status_error,
)
from core.models import ChatMessage, Sampling

QUESTION = [ChatMessage("user", "Why?")]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:11434/", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:1234/v1", "http://localhost:1234/v1/chat/completions"),
        ("http://localhost:1234/v1/", "http://localhost:1234/v1/chat/completions"),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://example.org/v1beta/openai", "https://example.org/v1beta/openai/chat/completions"),
    ],
)
def test_the_address_works_with_and_without_a_version(base: str, url: str) -> None:
    assert completions_url(base) == url


@pytest.mark.parametrize("base", ["", "localhost:11434", "ftp://example.org", "http://"])
def test_what_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(ConfigurationError, match="openai:URL#MODEL"):
        completions_url(base)


def test_a_greedy_request_leaves_out_what_has_no_effect() -> None:
    body = request_body("small", QUESTION, Sampling(temperature=0, max_tokens=9), ())
    assert body == {
        "model": "small",
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": True,
        "max_tokens": 9,
        "temperature": 0,
    }


def test_a_sampled_request_carries_all_of_the_sampling() -> None:
    sampling = Sampling(temperature=0.5, top_k=7, top_p=0.8, min_p=0.1, seed=3, stop=("a", "b", "c", "d", "e"))
    body = request_body("small", QUESTION, sampling, ())
    assert {key: body[key] for key in ("temperature", "top_k", "top_p", "min_p", "seed", "stop")} == {
        "temperature": 0.5,
        "top_k": 7,
        "top_p": 0.8,
        "min_p": 0.1,
        "seed": 3,
        "stop": ["a", "b", "c", "d"],
    }
    assert "min_p" not in request_body("small", QUESTION, sampling, {"min_p"})


def test_parameters_that_a_server_names_are_left_out_from_then_on() -> None:
    body = request_body("small", QUESTION, Sampling(temperature=1), ())
    assert refused_parameters(400, "Unrecognized request argument supplied: top_k", body) == {"top_k"}
    assert refused_parameters(422, "extra fields: min_p, top_k", body) == {"min_p", "top_k"}
    assert refused_parameters(400, "your question is not nice", body) == set()
    assert refused_parameters(500, "top_k", body) == set()
    refused = refused_parameters(400, "'max_tokens' is not supported, use 'max_completion_tokens'", body)
    renamed = request_body("small", QUESTION, Sampling(max_tokens=9), refused)
    assert "max_tokens" not in renamed
    assert renamed["max_completion_tokens"] == 9
    assert refused_parameters(400, "max_completion_tokens is too large", renamed) == set()


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "no model 'small'"), (500, "failed"), (429, "busy")],
)
def test_each_status_says_what_to_do(status: int, hint: str) -> None:
    error = status_error(status, '{"error": {"message": "the\\nreason"}}', "http://host", "small")
    assert hint in str(error)
    assert f"{status}: the reason" in str(error)
    assert isinstance(error, ModelBusyError) == (status == 429)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error": {"message": "no\\n such model", "code": 1}}', "no such model"),
        ('{"error": "no such model"}', "no such model"),
        ('{"message": "no such model"}', "no such model"),
        ("<html>\n no </html>", "<html> no </html>"),
        ("[1]", "[1]"),
        ("x" * 1000, "x" * 200),
    ],
)
def test_a_servers_words_become_one_short_line(body: str, message: str) -> None:
    assert shorten(body) == message


@pytest.mark.parametrize(
    ("text", "at_least"),
    [("How many days of leave do I get in a year?", 11), ("Сколько дней отпуска?", 8), ("休暇は何日ありますか", 10)],
)
async def test_tokens_are_rather_counted_too_high_than_too_low(text: str, at_least: int) -> None:
    model = OpenAICompatibleChatModel("http://localhost", "small")
    assert await model.count_tokens([ChatMessage("user", text)]) >= at_least
