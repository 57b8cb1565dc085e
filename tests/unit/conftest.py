"""How many examples properties are tried with: a few each time, many where asked for.

`pytest --hypothesis-profile=thorough` is for changes of what a property tells of.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How fast an example is says how busy the machine is.
PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("quick", PACE, max_examples=25)
settings.register_profile("thorough", PACE, max_examples=300)
settings.load_profile("quick")
