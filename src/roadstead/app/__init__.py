"""Who gets what: every room made and handed to those who need it."""
