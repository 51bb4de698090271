"""Slack: events in, messages out; the only package that knows slack-bolt."""
