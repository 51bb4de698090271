"""Figures of the last days: how questions ended, what people thought of it, how long it took, what is outdated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import text

from core.models import Stage
from core.storage.database import Database

# other: small talk, stopped by a person, or its conversation was forgotten since.
Outcome = Literal["phrased", "quoted", "refused", "failed", "other"]

_FROM = "(current_date - (CAST(:days AS int) - 1))::timestamptz"
_UNTIL_FIRST_TOKEN = get_args(Stage)[: get_args(Stage).index("first_token") + 1]

# A question that was withdrawn counts nowhere, one that is open not yet.
OUTCOME = """
    CASE WHEN q.status = 'failed' THEN 'failed'
        WHEN q.status = 'answered' AND t.kind IN ('phrased', 'quoted', 'refused') THEN t.kind
        WHEN q.status = 'open' THEN 'open'
        ELSE 'other' END
"""
_OUTCOMES = text(
    f"""
    SELECT q.created_at::date AS day, {OUTCOME} AS outcome, count(*) AS questions
    FROM questions q LEFT JOIN turns t ON t.id = q.turn_id
    WHERE q.created_at >= {_FROM} AND q.status NOT IN ('open', 'retracted')
    GROUP BY 1, 2
    """  # noqa: S608  (built from constants)
)
_FEEDBACK = text(
    f"""
    SELECT q.created_at::date AS day, f.value, count(*) AS votes
    FROM questions q JOIN feedback f ON f.question_id = q.id
    WHERE q.created_at >= {_FROM}
    GROUP BY 1, 2
    """  # noqa: S608  (built from constants)
)
# Older turns have no stages; what they have begins when the search began.
_TIMES = text(
    f"""
    SELECT day,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY first_token) AS first_token_p50,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY first_token) AS first_token_p95,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY whole) AS whole_p50,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY whole) AS whole_p95,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY speed) AS speed_p50
    FROM (
        SELECT t.created_at::date AS day,
            CASE WHEN (t.timings ->> 'completion_tokens')::int > 0 THEN coalesce(
                (SELECT sum(value::float) FROM jsonb_each_text(t.timings -> 'stages') WHERE key = ANY (:until)),
                (t.timings ->> 'first_token_ms')::float
            ) END AS first_token,
            coalesce(
                (SELECT sum(value::float) FROM jsonb_each_text(t.timings -> 'stages')),
                (t.timings ->> 'total_ms')::float
            ) AS whole,
            CASE WHEN (t.timings ->> 'completion_tokens')::int > 1
                THEN ((t.timings ->> 'completion_tokens')::int - 1) * 1000
                    / nullif((t.timings -> 'stages' ->> 'tokens')::float, 0)
            END AS speed
        FROM turns t
        WHERE t.created_at >= {_FROM}
    ) AS timed
    GROUP BY day
    """  # noqa: S608  (built from constants)
)
_DAYS = text(f"SELECT generate_series({_FROM}, current_date, interval '1 day')::date AS day")
_OUTDATED = text(
    f"""
    SELECT q.id, t.question, t.outdated_at, t.outdated_told_at IS NOT NULL AS is_told, count(*) OVER () AS total
    FROM questions q JOIN turns t ON t.id = q.turn_id
    WHERE q.created_at >= {_FROM} AND t.outdated_at IS NOT NULL
    ORDER BY t.outdated_at DESC, q.id DESC
    LIMIT :limit
    """  # noqa: S608  (built from constants)
)
_GOLDEN = text(
    """
    SELECT n.made_at, count(r.golden_id) AS questions, count(*) FILTER (WHERE r.agrees) AS agreeing
    FROM golden_runs n LEFT JOIN golden_results r ON r.run_id = n.id
    GROUP BY n.id ORDER BY n.id DESC LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day. Times in milliseconds from the question on, p50 and p95; speed in tokens a second after the first.

    None where nothing was measured. first_token: of the answers that the model wrote something for; whole: of all,
    until the last message was shown, those that were given again included. up, down: votes on the day's questions.
    """

    day: date
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    up: int = 0
    down: int = 0
    first_token_p50: float | None = None
    first_token_p95: float | None = None
    whole_p50: float | None = None
    whole_p95: float | None = None
    speed_p50: float | None = None

    @property
    def questions(self) -> int:
        """How many questions ended."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """Every day of a period, oldest first, days without a question included. zone: whose days they are."""

    zone: str
    days: tuple[DayFigures, ...]


@dataclass(frozen=True, slots=True)
class OutdatedAnswer:
    """An answer that cites what has changed since. is_told: its conversation was told."""

    question_id: int
    question: str
    outdated_at: datetime
    is_told: bool


@dataclass(frozen=True, slots=True)
class GoldenFigures:
    """The last examination of the golden set: its questions, and those whose answers agree with the right ones."""

    made_at: datetime
    questions: int
    agreeing: int


class FiguresStore:
    """Reads figures; each method is one transaction and raises StoreError. Days are those of the database's zone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def days(self, days: int) -> Figures:
        """Give the figures of the last days, today included."""
        values = {"days": days}
        async with self._database.begin() as connection:
            zone = str(await connection.scalar(text("SELECT current_setting('TimeZone')")))
            calendar = [row.day for row in await connection.execute(_DAYS, values)]
            outcomes: dict[date, dict[Outcome, int]] = {}
            for row in await connection.execute(_OUTCOMES, values):
                outcomes.setdefault(row.day, {})[row.outcome] = row.questions
            votes = {(row.day, row.value): row.votes for row in await connection.execute(_FEEDBACK, values)}
            timed = await connection.execute(_TIMES, {**values, "until": list(_UNTIL_FIRST_TOKEN)})
            times = {row["day"]: row for row in timed.mappings()}
        return Figures(
            zone,
            tuple(
                DayFigures(
                    **{"day": day, **times.get(day, {})},
                    outcomes=outcomes.get(day, {}),
                    up=votes.get((day, "up"), 0),
                    down=votes.get((day, "down"), 0),
                )
                for day in calendar
            ),
        )

    async def outdated(self, days: int, limit: int = 10) -> tuple[int, tuple[OutdatedAnswer, ...]]:
        """Give how many answers to questions of the last days are outdated, and the latest of them."""
        async with self._database.begin() as connection:
            rows = (await connection.execute(_OUTDATED, {"days": days, "limit": limit})).all()
        answers = tuple(OutdatedAnswer(row.id, row.question, row.outdated_at, row.is_told) for row in rows)
        return (rows[0].total if rows else 0), answers

    async def golden(self) -> GoldenFigures | None:
        """Give the last examination of the golden set."""
        async with self._database.begin() as connection:
            row = (await connection.execute(_GOLDEN)).one_or_none()
        return GoldenFigures(row.made_at, row.questions, row.agreeing) if row else None
