"""Figures: each function draws on the axes it is given, or on new ones, and returns them."""

from howwide.figures.measure import plot_ntrf, plot_radius, plot_spectrum
from howwide.figures.training import plot_training
from howwide.figures.width import plot_success_rates, plot_width_curve

__all__ = [
    "plot_ntrf",
    "plot_radius",
    "plot_spectrum",
    "plot_success_rates",
    "plot_training",
    "plot_width_curve",
]
