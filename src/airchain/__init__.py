"""Airchain: from a git commit to an autoscaled fleet of golden-image hosts."""

__version__ = "0.1.0"
