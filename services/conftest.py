"""Hypothesis for all suites: no verdict may depend on how fast the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("airwave", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("airwave")
