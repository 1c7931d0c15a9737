"""Property tests here never depend on the speed of the machine, and find the same every time."""

from hypothesis import settings

settings.register_profile("rules", deadline=None, max_examples=40, derandomize=True, database=None)
settings.load_profile("rules")
