"""When this changes, do that: loops that run by themselves."""
