"""Images from other registries become Images and tags of streams here."""
