"""The kinds our API has, one file each."""
