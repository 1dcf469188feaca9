"""Mutants: small faults put into the modules where a silent error costs most, each of which a test must notice."""
