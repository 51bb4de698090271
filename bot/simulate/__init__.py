"""Local servers that behave as the chat platforms do, for tests and for trying Docent without a workspace."""
