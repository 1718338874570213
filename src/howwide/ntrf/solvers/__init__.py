"""Algorithms behind the questions of :mod:`howwide.ntrf`; each certifies what it returns, or is certified there."""
