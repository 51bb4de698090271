"""The home tab: what Docent knows, how to ask it, and examples."""

from __future__ import annotations

from bot import wording
from bot.platforms.slack.render import Block, mrkdwn_parts, section

View = dict[str, object]


def home_view(status: str, help_text: str) -> View:
    """Give the view; status and help_text: Markdown, as the commands of these names say it."""
    return {
        "type": "home",
        "blocks": [
            _header(wording.SLACK_HOME_TITLE),
            _header(wording.SLACK_HOME_KNOWS),
            *map(section, mrkdwn_parts(status)),
            {"type": "divider"},
            _header(wording.SLACK_HOME_ASKING),
            *map(section, mrkdwn_parts(help_text)),
            *map(section, mrkdwn_parts(wording.SLACK_HOME_EXAMPLES)),
        ],
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}
