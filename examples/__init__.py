"""Trials for ``howwide threshold``, to run and to copy."""
