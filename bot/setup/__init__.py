"""The set-up of a fresh machine with nothing but a Python: environment, models, and the proof that they work."""
