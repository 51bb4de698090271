"""Draws where to click in Slack's and Discord's settings, as examples/setup/*.svg, for the README.

.venv/bin/python examples/make_setup_drawings.py

The pages are shown schematically, with the words that stand on them; the numbers are the order of clicks.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "setup"
WIDTH = 780
STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #24292f; }
.faint { fill: #6b737c; } .small { font-size: 11.5px; } .bold { font-weight: 600; }
.title { font-size: 16px; font-weight: 700; }
.code { font: 12px ui-monospace, Menlo, Consolas, monospace; }
.desk { fill: #fff; stroke: #d0d7de; } .bar { fill: #eef1f4; } .side { fill: #f6f8fa; }
.box { fill: #fff; stroke: #c3cad2; }
.chosen { fill: #dfe7f1; } .go { fill: #1f6f54; } .plain { fill: #f6f8fa; stroke: #c3cad2; } .onto { fill: #fff; }
.mark { fill: #d9541e; } .note { fill: #fff4d6; stroke: #e4c878; } .dark { fill: #5b4a12; }
@media (prefers-color-scheme: dark) {
  text { fill: #e2e6ea; } .faint { fill: #98a1ab; } .desk { fill: #16191e; stroke: #3a4048; } .bar { fill: #23272e; }
  .side { fill: #1c2026; } .box { fill: #1c2026; stroke: #4a525c; } .chosen { fill: #2f3c4d; }
  .plain { fill: #23272e; stroke: #4a525c; } .note { fill: #3a3217; stroke: #6f5f2a; } .dark { fill: #f0dfa6; }
}
"""


class Drawing:
    """A browser window with a settings page in it. Coordinates are in pixels from the upper left corner."""

    def __init__(self, height: int, address: str, about: str) -> None:
        self._parts: list[str] = []
        self._height = height
        self._about = about
        self.box(0.5, 0.5, WIDTH - 1, height - 1, "desk", 10)
        self._parts.append(f'<path class="bar" d="M1 34V11a10 10 0 0 1 10-10h{WIDTH - 22}a10 10 0 0 1 10 10v23z"/>')
        for number in range(3):
            self._parts.append(f'<circle class="chosen" cx="{20 + 16 * number}" cy="18" r="5"/>')
        self.text(78, 22, address, "faint small")

    def box(self, x: float, y: float, width: float, height: float, kind: str = "box", radius: float = 6) -> None:
        """Draw a rectangle."""
        self._parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>')

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        """Write one line."""
        self._parts.append(f'<text class="{kind}" x="{x}" y="{y}" xml:space="preserve">{escape(words)}</text>')

    def button(self, x: float, y: float, width: float, words: str, *, main: bool = True, mark: int = 0) -> None:
        """Draw a button; mark: its number in the order of clicks, 0 for none."""
        self.box(x, y, width, 28, "go" if main else "plain")
        kind = "onto bold small" if main else "bold small"
        self._parts.append(
            f'<text class="{kind}" x="{x + width / 2}" y="{y + 18}" text-anchor="middle">{escape(words)}</text>'
        )
        if mark:
            self.mark(x + width, y, mark)

    def mark(self, x: float, y: float, number: int) -> None:
        """Put the number of a click there."""
        self._parts.append(
            f'<circle class="mark" cx="{x}" cy="{y}" r="10"/>'
            f'<text class="onto bold small" x="{x}" y="{y + 4}" text-anchor="middle">{number}</text>'
        )

    def menu(self, items: tuple[str, ...], chosen: str, mark: int = 0) -> None:
        """Draw the menu on the left."""
        self._parts.append(f'<path class="side" d="M1 34h169v{self._height - 35}H11a10 10 0 0 1-10-10z"/>')
        for row, item in enumerate(items):
            y = 62 + 27 * row
            if item == chosen:
                self.box(10, y - 18, 152, 26, "chosen")
                if mark:
                    self.mark(158, y - 16, mark)
            self.text(22, y, item, "bold" if item == chosen else "faint")

    def field(self, x: float, y: float, width: float, label: str, value: str, kind: str = "") -> None:
        """Draw a labelled field."""
        self.text(x, y - 7, label, "faint small")
        self.box(x, y, width, 28)
        self.text(x + 10, y + 18, value, kind)

    def chips(self, x: float, y: float, words: tuple[str, ...]) -> None:
        """Draw what was chosen from a list, side by side."""
        for word in words:
            width = 7.1 * len(word) + 18
            self.box(x, y, width, 24, "chosen", 12)
            self.text(x + 9, y + 16, word, "small")
            x += width + 6

    def note(self, x: float, y: float, width: float, words: str) -> None:
        """Say where something goes."""
        self.box(x, y, width, 28, "note")
        self.text(x + 10, y + 18, words, "dark code")

    def save(self, name: str) -> None:
        """Write the file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self._height}" width="{WIDTH}" role="img"'
        )
        drawn = "\n".join(self._parts)
        text = f'{head} aria-label="{escape(self._about)}">\n<style>{STYLE}</style>\n{drawn}\n</svg>\n'
        (FOLDER / f"{name}.svg").write_text(text, encoding="utf-8")


SLACK_MENU = (
    "Basic Information",
    "Install App",
    "App Home",
    "OAuth & Permissions",
    "Event Subscriptions",
    "App Manifest",
)
DISCORD_MENU = ("General Information", "Installation", "OAuth2", "Bot", "Emojis", "Webhooks")


def slack_manifest() -> None:
    """Where the manifest is pasted."""
    drawing = Drawing(290, "api.slack.com/apps", "Create New App, From a manifest, paste the manifest, Next, Create")
    drawing.text(24, 66, "Your Apps", "title")
    drawing.button(24, 84, 130, "Create New App", mark=1)
    drawing.box(190, 52, 190, 110)
    drawing.text(206, 76, "Create an app", "bold")
    drawing.button(206, 88, 158, "From a manifest", main=False, mark=2)
    drawing.button(206, 124, 158, "From scratch", main=False)
    drawing.box(404, 52, 352, 220)
    drawing.field(420, 82, 200, "Pick a workspace", "Your workspace")
    drawing.mark(620, 82, 3)
    drawing.box(420, 122, 320, 106)
    drawing.text(432, 142, "JSON", "bold small")
    drawing.text(476, 142, "YAML", "faint small")
    drawing.text(432, 164, '{ "display_information": {', "code")
    drawing.text(432, 182, '    "name": "Docent", …', "code")
    drawing.text(432, 208, "← bot/platforms/slack/manifest.json", "code faint")
    drawing.mark(740, 122, 4)
    drawing.button(560, 238, 80, "Next", mark=5)
    drawing.button(656, 238, 84, "Create", mark=6)
    drawing.save("slack-1-manifest")


def slack_app_token() -> None:
    """Where the app-level token is made."""
    drawing = Drawing(260, "api.slack.com/apps/A…/general", "Basic Information, App-Level Tokens, Generate")
    drawing.menu(SLACK_MENU, "Basic Information", 1)
    drawing.text(194, 66, "App-Level Tokens", "title")
    drawing.button(194, 84, 200, "Generate Token and Scopes", mark=2)
    drawing.box(424, 52, 332, 188)
    drawing.text(440, 76, "Generate an app-level token", "bold")
    drawing.field(440, 104, 180, "Token Name", "docent")
    drawing.button(440, 144, 100, "Add Scope", main=False, mark=3)
    drawing.chips(554, 146, ("connections:write",))
    drawing.button(440, 188, 100, "Generate", mark=4)
    drawing.text(554, 207, "xapp-1-…", "code")
    drawing.note(194, 212, 212, "SLACK_APP_TOKEN=xapp-1-…")
    drawing.save("slack-2-app-token")


def slack_bot_token() -> None:
    """Where the bot token is, and the invitation."""
    drawing = Drawing(260, "api.slack.com/apps/A…/install-on-team", "Install App, Install, Allow, copy, invite")
    drawing.menu(SLACK_MENU, "Install App", 1)
    drawing.text(194, 66, "OAuth Tokens", "title")
    drawing.button(194, 84, 190, "Install to Workspace", mark=2)
    drawing.button(400, 84, 80, "Allow", mark=3)
    drawing.field(194, 146, 330, "Bot User OAuth Token", "xoxb-…", "code")
    drawing.button(536, 146, 70, "Copy", main=False, mark=4)
    drawing.note(194, 208, 212, "SLACK_BOT_TOKEN=xoxb-…")
    drawing.field(446, 208, 300, "then, in a channel of Slack", "/invite @Docent", "code")
    drawing.mark(746, 208, 5)
    drawing.save("slack-3-bot-token")


def discord_token() -> None:
    """Where the application and its token are made."""
    drawing = Drawing(260, "discord.com/developers/applications", "New Application, Bot, Reset Token, Copy")
    drawing.menu(DISCORD_MENU, "Bot", 2)
    drawing.button(612, 46, 144, "New Application", mark=1)
    drawing.text(194, 66, "Bot", "title")
    drawing.text(194, 104, "Token", "bold")
    drawing.button(194, 114, 110, "Reset Token", mark=3)
    drawing.button(318, 114, 70, "Copy", main=False, mark=4)
    drawing.text(194, 174, "Privileged Gateway Intents", "bold")
    drawing.text(194, 196, "Message Content Intent")
    drawing.text(366, 196, "off is fine; on: follow-ups in threads need no mention", "faint small")
    drawing.note(194, 214, 212, "DISCORD_TOKEN=…")
    drawing.save("discord-1-token")


def discord_invite() -> None:
    """Where the link is made that adds the bot to a server."""
    drawing = Drawing(
        336, "discord.com/developers/applications/…/installation", "Installation, link, scopes, permissions"
    )
    drawing.menu(DISCORD_MENU, "Installation", 1)
    drawing.text(194, 66, "Installation Contexts", "bold")
    drawing.text(390, 66, "☐ User Install     ☑ Guild Install")
    drawing.mark(494, 50, 2)
    drawing.text(194, 98, "Install Link", "bold")
    drawing.text(390, 98, "Discord Provided Link")
    drawing.text(194, 130, "Default Install Settings", "bold")
    drawing.text(390, 130, "Guild Install")
    drawing.text(194, 162, "Scopes", "faint small")
    drawing.chips(300, 146, ("applications.commands", "bot"))
    drawing.mark(282, 158, 3)
    drawing.text(194, 194, "Permissions", "faint small")
    drawing.chips(300, 178, ("View Channels", "Send Messages", "Send Messages in Threads"))
    drawing.chips(300, 208, ("Embed Links", "Read Message History", "Add Reactions"))
    drawing.mark(282, 190, 4)
    drawing.button(194, 268, 130, "Save Changes", mark=5)
    drawing.field(356, 268, 220, "Install Link", "https://discord.com/oauth2/…", "code")
    drawing.button(586, 268, 60, "Copy", main=False, mark=6)
    drawing.text(356, 318, "Open it in the browser: Add to server, choose yours, Authorize.", "faint small")
    drawing.save("discord-2-invite")


def discord_ask() -> None:
    """What to type in the server."""
    drawing = Drawing(196, "Discord, your server, any channel", "Type /ask and the question")
    drawing.box(24, 52, 520, 62)
    drawing.text(40, 76, "/ask", "bold")
    drawing.text(84, 76, "question")
    drawing.text(40, 98, "Ask the team's documents a question", "faint small")
    drawing.text(470, 76, "Docent", "faint small")
    drawing.mark(544, 52, 2)
    drawing.box(24, 130, 732, 40)
    drawing.text(40, 155, "/ask", "code bold")
    drawing.mark(30, 132, 1)
    drawing.chips(86, 138, ("question: How do I book leave?",))
    drawing.mark(330, 138, 3)
    drawing.text(640, 155, "then Enter", "faint small")
    drawing.save("discord-3-ask")


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    for draw in (slack_manifest, slack_app_token, slack_bot_token, discord_token, discord_invite, discord_ask):
        draw()


if __name__ == "__main__":
    main()
