"""Images on their way between registries, folders and archives."""
