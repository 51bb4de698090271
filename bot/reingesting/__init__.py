"""Ingesting again from a chat: who may, which folder, the request, and the message that tells how it goes."""
