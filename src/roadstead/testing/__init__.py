"""Support that only tests import: contracts, builders, servers."""
