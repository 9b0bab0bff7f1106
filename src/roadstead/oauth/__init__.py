"""How people log in: identity providers, the OAuth server, its pages."""
