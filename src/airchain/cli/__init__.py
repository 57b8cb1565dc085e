"""One thin file per command: prints, asks, exits. No logic."""
