"""People and platforms: the command line, the chat adapters and the page."""

__version__ = "0.1.0"
