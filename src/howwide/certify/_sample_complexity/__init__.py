"""Errors and certificates against the sample size: the runs, their means over seeds, and the exponents."""
