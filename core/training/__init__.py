"""Trains the small models that Docent ships, from question sets and folders; not used while it serves."""
