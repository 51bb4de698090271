"""What a person can set for the platforms: tokens, addresses, admins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from core.settings import SETTINGS_CONFIG


class BotSettings(BaseSettings):
    """Settings of the platforms; an empty variable counts as unset."""

    model_config = SETTINGS_CONFIG

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    discord_token: SecretStr | None = None
    discord_api_url: str = "https://discord.com/api/v10"
    discord_gateway_url: str = "wss://gateway.discord.gg/"
    discord_guild_id: int | None = None
    docent_admins: str = ""
    gaps_channel: str = ""
    source_url: str = ""
    platform_admins: Literal["off", "on"] = "off"
    watch: Literal["off", "on"] = "off"
    ingest_every: Annotated[float, Field(ge=0)] = 0
    git_pull: Literal["off", "on"] = "off"
    golden_after_ingest: Literal["off", "on"] = "off"
    tell_outdated: Literal["off", "on"] = "off"
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    web_password: SecretStr | None = None
    web_admin_password: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_listen: str = "thread"
    slack_streaming: Literal["auto", "off"] = "auto"
