"""Questions are asked in order, and what can't be asked is said before any is."""

import dataclasses

import pytest

from core.errors import ConfigurationError, ModelError, QuestionError
from core.evaluation.questions import EvaluationItem
from core.evaluation.results import ItemResult
from core.evaluation.runner import ask_all
from core.models import Answer, Question, Turn
from core.ports import ChatModel
from tests.fakes.chat_model import FakeChatModel
from tests.unit.evaluation_builders import ITEM

FOLLOWUP = dataclasses.replace(ITEM, id="hb-2", question="and interns?", history=(Turn("days?", "30"),))


class Recorder:
    """Answers with the key phrase and remembers what was asked."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.told: list[int] = []

    def checked(self, text: str) -> str:
        if not text:
            raise QuestionError("The question is empty.")
        return text

    async def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        return Answer(question.text, "> 30 days [1]", "quoted")


async def ask(
    answerer: Recorder, items: tuple[EvaluationItem, ...], model: ChatModel | None = None
) -> list[ItemResult]:
    return await ask_all(
        answerer,
        model,
        "dev",
        items,
        collections=("people",),
        language="english",
        asked=lambda: answerer.told.append(len(answerer.questions)),
    )


async def test_every_item_is_asked_in_order_with_its_history_and_collections() -> None:
    answerer = Recorder()
    results = await ask(answerer, (ITEM, FOLLOWUP))
    first = Question(ITEM.question, (), ("people",))
    second = Question("and interns?", FOLLOWUP.history, ("people",))
    assert answerer.questions == [second, first, second], "the last one is asked unmeasured before"
    assert [one.key for one in results] == [("dev", "hb-1"), ("dev", "hb-2")]
    assert all(one.score.right for one in results)
    assert answerer.told == [2, 3]


async def test_a_question_that_can_not_be_asked_is_named_before_the_first_answer() -> None:
    answerer = Recorder()
    with pytest.raises(ConfigurationError, match=r"Item 'hb-9' of dev can't be asked: The question is empty\."):
        await ask(answerer, (ITEM, dataclasses.replace(ITEM, id="hb-9", question="")))
    assert answerer.questions == []


async def test_the_model_is_loaded_before_the_first_answer_also_when_none_needs_it() -> None:
    model = FakeChatModel("Hello there")
    await ask(Recorder(), (ITEM,), model)
    assert len(model.prompts) == 1


async def test_a_model_that_fails_to_load_is_left_to_the_answers() -> None:
    model = FakeChatModel()
    model.enqueue(ModelError("broken"))
    assert len(await ask(Recorder(), (ITEM,), model)) == 1
