"""Postgres: the only place where SQL lives."""
