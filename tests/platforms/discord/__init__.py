"""The simulated Discord, proved against the real discord.py."""
