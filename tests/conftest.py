"""What every test may rely on."""

from hypothesis import settings

# A slow machine is no failure; and a run that fails must fail again the same way.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
