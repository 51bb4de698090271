"""The local page and its JSON endpoints."""
