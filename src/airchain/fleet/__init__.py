"""Hosts as a set: local system containers, the edge, the keeper."""
