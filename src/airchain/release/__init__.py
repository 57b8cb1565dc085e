"""Make and list releases; move the environment pointer."""
