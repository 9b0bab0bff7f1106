"""Named things that change, kept as a log."""
