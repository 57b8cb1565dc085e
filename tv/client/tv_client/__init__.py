"""Watch a brand of the network from a terminal."""
