"""Who is let in to the page, and what is refused."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bot import wording
from bot.platforms.web import security
from tests.page_builders import ASKED, Served
from tests.platforms.web.browser import Browser, Seen, browser
from tests.platforms.web.conftest import Serve

OUTSIDE = {"web_host": "0.0.0.0"}
MEMBERS = {**OUTSIDE, "web_password": "open sesame"}
BOTH = {**MEMBERS, "web_admin_password": "the other one"}


async def signed_in(visitor: Browser, password: str, target: str = "/") -> Seen:
    return await visitor.send("/sign-in", {"password": password, "next": target}, at="/sign-in")


async def test_on_this_machine_without_a_password_everyone_is_let_in_as_an_admin(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        page = await visitor.get("/")
    assert page.status == 200
    assert page.xpath("//nav//a[@href='/admin']")


async def test_elsewhere_nothing_is_shown_without_a_password_and_the_page_says_which_to_set(serve: Serve) -> None:
    process = await serve(settings=OUTSIDE)
    async with browser(process.address) as visitor:
        for path, variable in (
            ("/", "WEB_PASSWORD"),
            ("/admin", "WEB_ADMIN_PASSWORD"),
            ("/why/1", "WEB_ADMIN_PASSWORD"),
        ):
            page = await visitor.get(path)
            assert page.status == 403, path
            assert f"set {variable} " in page.words
        assert (await visitor.get("/sign-in")).status == 403


@pytest.mark.parametrize(
    "path", ["/", "/c/abcdefgh", "/c/abcdefgh/1/events", "/c/abcdefgh/1/answer.md", "/documents/1/1"]
)
async def test_with_a_password_one_has_to_sign_in_first_and_goes_on_where_one_was(serve: Serve, path: str) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        page = await visitor.get(path)
        assert page.address.startswith("/sign-in?next=")
        assert ASKED not in page.text
        page = await visitor.post(
            "/sign-in", {"csrf": page.csrf, "password": "open sesame", "next": path}, follow=False
        )
        assert page.headers["Location"] == path


async def test_a_member_asks_but_sees_no_page_for_admins(serve: Serve) -> None:
    process = await serve(settings=BOTH)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "open sesame")
        page = await visitor.get("/")
        assert page.status == 200
        assert not page.xpath("//nav//a[@href='/admin']")
        for path in ("/admin", "/admin/gaps", "/why/1", "/admin%2Fgaps", "/%61dmin"):
            refused = await visitor.get(path)
            assert refused.status == 403, path
            assert wording.WEB_ADMINS_ONLY in refused.words


async def test_the_admins_password_opens_everything(serve: Serve) -> None:
    process = await serve(settings=BOTH)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "the other one")
        assert (await visitor.get("/")).xpath("//nav//a[@href='/admin']")
        assert (await visitor.get("/admin/no-such-page")).status == 404


async def test_without_an_admins_password_the_members_one_opens_no_page_for_admins(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "open sesame")
        page = await visitor.get("/admin")
    assert page.status == 403
    assert "set WEB_ADMIN_PASSWORD " in page.words


async def test_where_only_admins_have_a_password_members_are_told_and_admins_can_sign_in(serve: Serve) -> None:
    process = await serve(settings={**OUTSIDE, "web_admin_password": "the other one"})
    async with browser(process.address) as visitor:
        page = await visitor.get("/")
        assert page.status == 403
        assert "set WEB_PASSWORD " in page.words
        assert page.xpath("//a[starts-with(@href, '/sign-in')]")
        await signed_in(visitor, "the other one")
        assert (await visitor.get("/")).status == 200


async def test_a_password_holds_on_this_machine_too(serve: Serve) -> None:
    process = await serve(settings={"web_password": "open sesame"})
    async with browser(process.address) as visitor:
        assert (await visitor.get("/", follow=False)).status == 303
        assert (await visitor.get("/admin")).status == 403


async def test_a_wrong_password_is_told_and_opens_nothing(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        page = await signed_in(visitor, "open sesam")
        assert page.status == 403
        assert wording.WEB_WRONG_PASSWORD in page.words
        assert "docent_session" not in visitor.cookies
        assert (await visitor.get("/", follow=False)).status == 303


async def test_the_sixth_try_within_a_minute_is_not_looked_at(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        for _ in range(5):
            assert (await signed_in(visitor, "wrong")).status == 403
        page = await signed_in(visitor, "open sesame")
        assert page.status == 429
        assert "Please wait" in page.words
    async with browser(process.address) as other:
        assert (await signed_in(other, "open sesame")).status == 429, "of the same address"


async def test_signing_out_ends_the_session_for_good(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "open sesame")
        kept = visitor.cookies["docent_session"]
        page = await visitor.send("/sign-out", {})
        assert page.address == "/sign-in"
    thief = ClientSession(cookies={"docent_session": kept})
    async with thief, thief.get(process.address, allow_redirects=False) as response:
        assert response.status == 303


async def test_a_session_outlasts_a_restart_but_neither_30_days_nor_another_password(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "open sesame")
        kept = visitor.cookies

    async def status(process: Served) -> int:
        async with ClientSession(cookies=kept) as session, session.get(process.address, allow_redirects=False) as page:
            return page.status

    assert await status(await serve(settings=MEMBERS)) == 200
    assert await status(await serve(settings={**MEMBERS, "web_password": "changed"})) == 303
    async with process.core.database.begin() as connection:
        await connection.execute(text("UPDATE web_sessions SET created_at = now() - interval '31 days'"))
    assert await status(process) == 303


async def test_the_database_holds_no_token_and_no_password(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        await signed_in(visitor, "open sesame")
        secrets = [*visitor.cookies.values(), "open sesame"]
        await visitor.ask(ASKED)
        await process.settle()
    async with process.core.database.begin() as connection:
        for table in ("web_sessions", "questions", "conversations"):
            rows = (await connection.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
            assert rows
            assert not any(secret in row for row in rows for secret in secrets)


async def test_no_page_and_no_log_holds_a_password(
    serve: Serve, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    process = await serve(settings=BOTH)
    async with browser(process.address) as visitor:
        pages = [await signed_in(visitor, "a wrong try"), await signed_in(visitor, "open sesame")]
        pages += [await visitor.get("/"), await visitor.get("/admin")]
    logged = "".join((*capsys.readouterr(), caplog.text))
    for secret in ("a wrong try", "open sesame", "the other one"):
        assert not any(secret in page.text for page in pages)
        assert secret not in logged


async def test_after_signing_in_a_browser_has_another_cookie_than_somebody_may_have_given_it(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        await visitor.get("/sign-in")
        before = visitor.cookies["docent_visitor"]
        await signed_in(visitor, "open sesame")
        assert visitor.cookies["docent_visitor"] != before


async def test_one_goes_on_to_no_other_site_after_signing_in(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        async with browser(process.address) as visitor:
            sign_in_page = await visitor.get("/sign-in")
            fields = {"csrf": sign_in_page.csrf, "password": "open sesame", "next": target}
            page = await visitor.post("/sign-in", fields, follow=False)
            if page.status != 429:
                assert page.headers["Location"] == "/"


async def test_without_a_password_only_a_name_of_this_machine_is_answered(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        for host in ("127.0.0.1:8080", "localhost", "docent.localhost:99", "[::1]:8080"):
            assert (await visitor.get("/", Host=host)).status == 200, host
        for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.5:8080", "localhost.evil.example", "", "["):
            page = await visitor.get("/", Host=host)
            assert page.status in (400, 403), host
            assert ASKED not in page.text
        behind_a_proxy = await visitor.get("/", X_Forwarded_For="203.0.113.9")
        assert behind_a_proxy.status == 403
        assert "WEB_PASSWORD" in behind_a_proxy.words


async def test_a_form_from_another_site_is_refused(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        token = (await visitor.get("/")).csrf
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "http://[", "file://"):
            page = await visitor.post("/ask", {"csrf": token, "question": ASKED}, Origin=origin)
            assert page.status == 403, origin
        page = await visitor.post("/ask", {"csrf": token, "question": ASKED}, Sec_Fetch_Site="cross-site")
        assert page.status == 403
        page = await visitor.post("/ask", {"csrf": token, "question": ASKED}, Origin=process.address)
        assert page.status == 200


@pytest.mark.parametrize(
    "path", ["/ask", "/c/abcdefgh", "/c/abcdefgh/forget", "/sign-in", "/sign-out", "/admin/golden"]
)
async def test_every_form_needs_the_token_of_its_own_browser(serve: Serve, path: str) -> None:
    process = await serve()
    async with browser(process.address) as visitor, browser(process.address) as other:
        await visitor.get("/")
        foreign = (await other.get("/")).csrf
        for fields in ({}, {"csrf": ""}, {"csrf": "."}, {"csrf": foreign}):
            page = await visitor.post(path, fields)
            assert page.status == 403
            assert wording.WEB_FORGED in page.words


async def test_only_forms_are_read_and_only_so_much_of_them(serve: Serve) -> None:
    process = await serve()
    async with ClientSession() as session:
        async with session.post(f"{process.address}/ask", json={"question": ASKED}) as response:
            assert response.status == 415
        async with session.post(f"{process.address}/ask", data={"question": "x" * 400_000}) as response:
            assert response.status == 413
            assert wording.WEB_TOO_LARGE in await response.text()


async def test_every_answer_of_the_page_forbids_what_it_does_not_need(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        answers = [
            await visitor.get("/"),
            await visitor.get("/no-such-page"),
            await visitor.get("/static/style.css"),
            await visitor.get("/static/no-such-file"),
            await visitor.post("/ask", {}),
            await visitor.send("/ask", {"question": ASKED}, follow=False),
        ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_cookies_are_out_of_reach_of_scripts_and_secure_over_https(serve: Serve) -> None:
    process = await serve(settings=MEMBERS)
    async with browser(process.address) as visitor:
        plain = (await visitor.get("/sign-in")).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    async with browser(process.address) as visitor:
        assert "Secure" in (await visitor.get("/sign-in", X_Forwarded_Proto="https")).headers["Set-Cookie"]


async def test_health_and_metrics_stay_as_they_are(serve: Serve) -> None:
    process = await serve(settings=OUTSIDE)
    async with browser(process.address) as visitor:
        for path in ("/healthz", "/metrics"):
            # This process serves neither; what counts is that the door leaves them alone.
            page = await visitor.get(path, Host="anything.example")
            assert page.status == 404
            assert "Content-Security-Policy" not in page.headers


async def test_too_many_questions_are_refused_with_what_was_written(serve: Serve) -> None:
    process = await serve()
    async with browser(process.address) as visitor:
        pages = [await visitor.ask(f"{ASKED} ({number})") for number in range(13)]
        assert [page.status for page in pages] == [200] * 12 + [429]
        assert "Please wait" in pages[-1].words
        assert pages[-1].xpath("//textarea[@name='question']")[0].text == f"{ASKED} (12)"
    await process.settle()


async def test_what_goes_wrong_is_told_without_its_details(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    process = await serve()

    async def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("bot.platforms.web.conversation.Conversations.threads", fail)
    async with browser(process.address) as visitor:
        page = await visitor.get("/")
    assert page.status == 500
    assert "reference" in page.words
    assert "secret detail" not in page.text


def test_a_try_is_compared_with_every_password_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(security.hmac, "compare_digest", compare)
    assert security.same("a long password", "a long password")
    assert not security.same("a long password", "b")
    assert compared == [(32, 32), (32, 32)]
