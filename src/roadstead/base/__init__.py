"""What every room needs that knows nothing of images."""
