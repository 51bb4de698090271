"""Keeps collections in line with their folders while `docent serve` runs."""
