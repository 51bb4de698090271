"""Scenarios over real sockets: the real platform libraries against local servers."""
