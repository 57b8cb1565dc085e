"""`python -m tv_client`."""

from tv_client.cli import main

main()
