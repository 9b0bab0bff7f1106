"""What push and pull mean."""
