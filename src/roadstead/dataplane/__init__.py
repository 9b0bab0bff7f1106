"""The /v2/ door: paths, handlers, one table of failures."""
