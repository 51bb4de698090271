"""Answers on their way: shown, changed and taken back exactly once, whatever Slack and the network do."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Footnote, Reply, Sent
from bot.platforms.slack.calls import SlackCalls
from bot.platforms.slack.limits import PostPace
from bot.platforms.slack.posting import Posting
from bot.platforms.slack.surface import SlackSurface
from bot.platforms.slack.work import Work
from bot.simulate.slack_rules import SlackRules
from bot.simulate.slack_state import Message
from core.errors import PlatformError
from tests.platforms.slack.adapter_desk import question

WORKING = Reply("working", "", status="Searching …", actions=("cancel",), question_id=7)
GROWING = Reply("working", "Leave is", status="Writing …", actions=("cancel",), question_id=7)
FINAL = Reply(
    "final", "Leave is 25 days [1].", footnotes=(Footnote(1, "leave.md, line 3", "https://wiki.example/leave"),)
)


@pytest.fixture
def lost():
    return []


@pytest.fixture
def new_surface(server, lost):
    def build(pause: float = 0.01, pace: PostPace | None = None) -> SlackSurface:
        calls = SlackCalls(server.state.bot_token, server.api_url, lost.append, pause)
        return SlackSurface(calls, Work(), Posting(calls, pause, pace or PostPace(seconds=0.0)))

    return build


@pytest.fixture
def surface(new_surface):
    return new_surface()


@pytest.fixture
async def asked(server):
    said = await server.mention("CGENERAL", "UADA", "how many days of leave?")
    return question("CGENERAL", said.ts, said.ts)


def answers(server, asked) -> list[str]:
    return [message.text for message in server.state.channels["CGENERAL"].replies(asked.handle["ts"])]


async def test_one_message_grows_into_the_answer(server, surface, asked):
    sent = await surface.show(asked, WORKING, None)
    assert server.state.transcript("CGENERAL").endswith("    docent: Searching …\n        [Cancel]")
    assert await surface.show(asked, GROWING, sent) == sent
    assert await surface.show(asked, FINAL, sent) == sent
    (thread_ts,) = {call.arguments["thread_ts"] for call in server.calls_of("chat.postMessage")}
    assert thread_ts == asked.handle["ts"]
    assert server.state.transcript("CGENERAL").endswith(
        "    docent: Leave is 25 days [1].\n        [1] leave.md, line 3 (https://wiki.example/leave)"
    )


async def test_nothing_unfurls_and_no_names_are_looked_for(server, surface, asked):
    sent = await surface.show(asked, WORKING, None)
    await surface.show(asked, FINAL, sent)
    for call in server.calls_of("chat.postMessage") + server.calls_of("chat.update"):
        assert (call.arguments["parse"], call.arguments["link_names"]) == ("none", False)
    posted = server.calls_of("chat.postMessage")[0].arguments
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


async def test_what_has_not_changed_is_not_sent_again(server, surface, asked):
    sent = await surface.show(asked, FINAL, None)
    await surface.show(asked, FINAL, sent)
    assert server.calls_of("chat.update") == []


async def test_a_long_answer_takes_several_messages_and_a_shorter_one_takes_them_back(server, surface, asked):
    paragraphs = [f"Paragraph {number}: " + "word " * 300 for number in range(6)]
    sent = await surface.show(asked, Reply("final", "\n\n".join(paragraphs)), None)
    shown = " ".join(answers(server, asked))
    assert len(sent.ids) > 2
    assert all(f"Paragraph {number}:" in shown for number in range(6))
    assert shown.count("word") == 1800
    short = await surface.show(asked, FINAL, sent)
    assert short.ids == sent.ids[:1]
    assert answers(server, asked) == ["Leave is 25 days [1]."]


async def test_after_a_restart_the_stored_handle_is_enough(server, surface, new_surface, asked):
    sent = await surface.show(asked, WORKING, None)
    stored = Sent(tuple(sent.ids), dict(sent.handle))
    again = await new_surface().show(asked, FINAL, stored)
    assert again.ids == sent.ids
    assert answers(server, asked) == ["Leave is 25 days [1]."]
    await new_surface().retract(asked, again)
    assert answers(server, asked) == []


async def test_retracting_what_is_gone_already_is_fine(server, surface, asked):
    sent = await surface.show(asked, FINAL, None)
    await surface.retract(asked, sent)
    await surface.retract(asked, sent)
    assert answers(server, asked) == []


async def test_a_deleted_message_is_posted_anew_only_with_the_final_answer(server, surface, asked):
    sent = await surface.show(asked, WORKING, None)
    await server.delete_message("CGENERAL", sent.ids[0].partition(":")[2])
    assert (await surface.show(asked, GROWING, sent)).ids == sent.ids
    assert answers(server, asked) == []
    final = await surface.show(asked, FINAL, sent)
    assert final.ids != sent.ids
    assert answers(server, asked) == ["Leave is 25 days [1]."]


async def test_an_answer_to_a_question_that_was_deleted_meanwhile_does_not_fall_into_the_channel(
    server, surface, asked
):
    await server.delete_message("CGENERAL", asked.handle["ts"])
    with pytest.raises(PlatformError, match="was deleted"):
        await surface.show(asked, FINAL, None)
    assert server.state.transcript("CGENERAL") == ""


async def test_a_post_whose_answer_is_lost_is_not_made_twice(server, surface, asked):
    server.lose_answer("chat.postMessage")
    sent = await surface.show(asked, FINAL, None)
    await surface.show(asked, Reply("final", "Better."), sent)
    assert answers(server, asked) == ["Better."]


async def test_a_post_whose_answer_is_lost_is_found_in_direct_messages_too(server, surface):
    said = await server.direct_message("UADA", "hello")
    server.lose_answer("chat.postMessage")
    await surface.show(question("DADA", said.ts, private=True), FINAL, None)
    assert server.state.transcript("DADA").count("Leave is") == 1


async def test_a_post_whose_answer_is_lost_is_found_in_a_long_thread_too(server, surface, asked):
    parent = asked.handle["ts"]
    for number in range(250):
        server.state.add(Message("CGENERAL", server.state.next_ts(), "UADA", f"reply {number}", thread_ts=parent))
    said = await server.message("CGENERAL", "UADA", "and?", thread_ts=parent)
    server.lose_answer("chat.postMessage")
    await surface.show(question("CGENERAL", said.ts, parent), FINAL, None)
    assert answers(server, asked).count("Leave is 25 days [1].") == 1


@pytest.mark.parametrize("rules", [SlackRules(posts_per_second=20.0, post_burst=2)])
async def test_many_posts_in_a_channel_wait_for_their_turn(server, new_surface):
    surface = new_surface(pace=PostPace(seconds=0.06, burst=1))
    said = [await server.mention("CGENERAL", "UADA", f"question {number}") for number in range(6)]
    await asyncio.gather(*(surface.show(question("CGENERAL", one.ts, one.ts), FINAL, None) for one in said))
    assert [call.error for call in server.calls] == [""] * 6


async def test_a_post_that_did_not_arrive_is_made_again(server, surface, asked):
    server.fail_next("chat.postMessage", status=503)
    await surface.show(asked, FINAL, None)
    assert answers(server, asked) == ["Leave is 25 days [1]."]


async def test_edits_and_deletions_are_repeated_when_their_answer_is_lost(server, surface, asked):
    sent = await surface.show(asked, WORKING, None)
    server.lose_answer("chat.update")
    await surface.show(asked, FINAL, sent)
    server.lose_answer("chat.delete")
    await surface.retract(asked, sent)
    assert answers(server, asked) == []


async def test_slack_out_of_order_for_long_is_a_platform_error(server, surface, asked):
    server.fail_next("chat.postMessage", status=503, times=3)
    with pytest.raises(PlatformError, match=r"did not answer chat\.postMessage .*check the network"):
        await surface.show(asked, FINAL, None)


async def test_what_a_killed_process_had_posted_is_taken_up_however_soon(server, surface, new_surface, asked):
    await surface.show(asked, WORKING, None)
    await new_surface().show(asked, FINAL, Sent())
    assert answers(server, asked) == ["Leave is 25 days [1]."]


async def test_a_show_that_nobody_waits_for_any_more_leaves_no_second_message(server, new_surface, asked):
    surface = new_surface(pause=0.2)
    server.lose_answer("chat.postMessage")
    showing = asyncio.create_task(surface.show(asked, WORKING, None))
    await server.until(lambda: server.calls_of("chat.postMessage") != [])
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)
    sent = await surface.show(asked, Reply("final", "Stopped."), None)
    assert answers(server, asked) == ["Stopped."]
    await surface.retract(asked, Sent())
    assert answers(server, asked) == []
    assert len(sent.ids) == 1


async def test_429s_are_waited_for(server, surface, asked):
    said = await server.mention("CRANDOM", "UADA", "and here?")
    sent = await surface.show(asked, WORKING, None)
    server.rate_limited("chat.postMessage")
    server.rate_limited("chat.update")
    elsewhere = question("CRANDOM", said.ts, said.ts)
    await asyncio.gather(surface.show(asked, FINAL, sent), surface.show(elsewhere, FINAL, None))
    assert sorted(call.error for call in server.calls) == ["", "", "", "ratelimited", "ratelimited"]
    assert answers(server, asked) == ["Leave is 25 days [1]."]
    assert "Leave is 25 days" in server.state.transcript("CRANDOM")


@pytest.mark.parametrize("rules", [SlackRules(post_burst=50).with_limits(chat__update=45)])
async def test_growing_answers_leave_room_for_final_ones(server, surface):
    said = [await server.mention("CGENERAL", "UADA", f"question {number}") for number in range(20)]
    asked = [question("CGENERAL", one.ts, one.ts) for one in said]
    sent = [await surface.show(one, WORKING, None) for one in asked]
    for number in range(3):
        for one, shown in zip(asked, sent, strict=True):
            await surface.show(one, Reply("working", f"Leave is {number}"), shown)
    assert 0 < len(server.calls_of("chat.update")) <= 25
    for one, shown in zip(asked, sent, strict=True):
        await surface.show(one, FINAL, shown)
    assert [answers(server, one) for one in asked] == [["Leave is 25 days [1]."]] * 20
    assert [call.error for call in server.calls if call.error] == []


async def test_a_question_gets_eyes(server, surface, asked):
    await surface.acknowledge(asked)
    await surface.acknowledge(asked)
    assert ":eyes: 1" in server.state.transcript("CGENERAL")
    assert server.state.status("CGENERAL", asked.handle["ts"]) == ""


@pytest.mark.parametrize("trouble", ["scope", "429"])
async def test_without_a_reaction_there_is_a_status(server, surface, asked, trouble):
    if trouble == "scope":
        server.state.scopes.discard("reactions:write")
    else:
        server.rate_limited("reactions.add", retry_after=60)
    await surface.acknowledge(asked)
    assert server.state.status("CGENERAL", asked.handle["ts"]) == "is looking …"


async def test_an_acknowledgement_that_is_refused_stops_nothing(server, surface, asked):
    server.fail_next("reactions.add", "missing_scope")
    server.fail_next("assistant.threads.setStatus", "missing_scope")
    await surface.acknowledge(asked)
    await surface.show(asked, FINAL, None)
    assert answers(server, asked) == ["Leave is 25 days [1]."]


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [("not_in_channel", "invite the app"), ("restricted_action_thread_locked", "unlock"), ("is_archived", "unarchive")],
)
async def test_a_refused_post_is_an_error_with_a_remedy(server, surface, asked, trouble, remedy):
    server.fail_next("chat.postMessage", trouble)
    with pytest.raises(PlatformError, match=rf"chat\.postMessage with {trouble}; .*{remedy}"):
        await surface.show(asked, FINAL, None)


@pytest.mark.parametrize("trouble", ["left", "locked"])
async def test_where_docent_may_not_write_the_person_is_told_once(server, surface, asked, trouble):
    channel = server.state.channels["CGENERAL"]
    if trouble == "left":
        channel.members.discard(server.state.bot_user)
    else:
        server.state.lock_thread("CGENERAL", asked.handle["ts"])
    for reply in (WORKING, GROWING, FINAL):
        with pytest.raises(PlatformError):
            await surface.show(asked, reply, None)
    told = server.state.transcript("CGENERAL") + server.state.transcript(server.state.direct_channel("UADA").id)
    assert told.count("I can't write in this conversation") == 1


async def test_a_revoked_token_is_told_once_and_for_all(server, surface, asked, lost):
    server.state.token_error = "token_revoked"
    with pytest.raises(PlatformError, match=r"token_revoked; install the app again"):
        await surface.show(asked, FINAL, None)
    assert [str(error) for error in lost] == [
        "Slack refused chat.postMessage with token_revoked; "
        "install the app again and put its new token into SLACK_BOT_TOKEN."
    ]


async def test_a_whisper_is_for_one_person(server, surface, asked):
    await surface.whisper(asked, "Only **you**")
    # Not in the thread: Slack shows it there only once the thread has replies.
    assert server.state.transcript("CGENERAL").endswith("\ndocent (only ada sees this): Only *you*")


async def test_a_whisper_to_a_follow_up_stands_in_its_thread(server, surface, asked):
    reply = await server.message("CGENERAL", "UADA", "and?", thread_ts=asked.handle["ts"])
    await surface.whisper(question("CGENERAL", reply.ts, asked.handle["ts"]), "psst")
    assert "\n    docent (only ada sees this): psst" in server.state.transcript("CGENERAL")


async def test_a_whisper_in_direct_messages_is_a_message(server, surface):
    said = await server.direct_message("UADA", "hello")
    await surface.whisper(question("DADA", said.ts, private=True), "psst")
    assert server.state.transcript("DADA") == "ada: hello\ndocent: psst"


NASTY = """# <!channel> in a *heading* <@UADA>

@everyone @here <!here> <!everyone|x> <@UGRACE> <!subteam^S1> &lt;!channel&gt; <https://evil.example|<!channel>>
[<!channel>](https://a.example) [x](<!channel>) ![<@UADA>](https://b.example/i.png) https://c.example/?a=<!here>

| who | <@UADA> |
| --- | --- |
| `<!channel>` | @everyone |

```html
<!channel> <@UADA>
```

> <!here> مرحبا بالعالم 👩‍👩‍👧‍👦 שלום
"""


async def test_nothing_in_an_answer_pings_and_all_of_it_arrives(server, surface, asked):
    filler = "\n\n".join(f"Line {number} says مرحبا 🎉 & <b>{'word ' * 20}</b>." for number in range(80))
    text = f"{NASTY}\n```\n{filler}\n```\n\n{filler}\n\n{NASTY}"
    assert len(text) > 12_000
    working = Reply("working", text, status="<!channel>", footnotes=(Footnote(1, "<!channel> <@UADA>"),))
    sent = await surface.show(asked, working, None)
    final = Reply("final", text + "\n\nend", footnotes=(Footnote(1, "<@UADA>", "https://x.example/<!here>"),) * 40)
    await surface.show(asked, final, sent)
    await surface.whisper(asked, text)
    shown = server.state.transcript("CGENERAL")
    assert server.state.pings == []
    assert [call.error for call in server.calls if call.error] == []
    assert all(shown.count(f"Line {number} says مرحبا 🎉 & <b>word") == 4 for number in range(80))
    for part in ("@everyone @here <!here> <!everyone|x>", "مرحبا بالعالم 👩‍👩‍👧‍👦 שלום", "@everyone"):
        assert part in shown
    for message in server.state.channels["CGENERAL"].messages.values():
        assert message.text.count("```") % 2 == 0
