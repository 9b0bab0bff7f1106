"""Bytes that never change, named by their digest."""
