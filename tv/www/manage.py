#!/usr/bin/env python3
"""Django's command line for the network."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tv.settings")
    if sys.argv[1:2] == ["test"]:
        os.environ.setdefault("DJANGO_TEST", "1")
    execute_from_command_line(sys.argv)
