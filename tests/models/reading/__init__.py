"""Mirrors models/reading."""
