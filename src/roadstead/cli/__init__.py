"""How people start it and talk to it."""
