"""Measurements of whole commands on this machine, as somebody outside sees them."""
