"""Harnesses and seeds for fuzzing what reads bytes that nobody vetted."""
