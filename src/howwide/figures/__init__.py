"""Figures: each function draws on the axes it is given, or on new ones, and returns them."""

from howwide.figures.certify import plot_certificates, plot_sample_size
from howwide.figures.iterations import plot_iterations
from howwide.figures.measure import plot_ntrf, plot_radius, plot_spectrum
from howwide.figures.memorisation import plot_reference_lines
from howwide.figures.ratio import plot_ratio
from howwide.figures.theorems import plot_gap_timeline, plot_lineage, plot_required_widths
from howwide.figures.threshold import plot_threshold
from howwide.figures.training import plot_distances, plot_test_bound, plot_training
from howwide.figures.width import plot_frontier, plot_success_rates, plot_test_error, plot_width_curve

__all__ = [
    "plot_certificates",
    "plot_distances",
    "plot_frontier",
    "plot_gap_timeline",
    "plot_iterations",
    "plot_lineage",
    "plot_ntrf",
    "plot_radius",
    "plot_ratio",
    "plot_reference_lines",
    "plot_required_widths",
    "plot_sample_size",
    "plot_spectrum",
    "plot_success_rates",
    "plot_test_bound",
    "plot_test_error",
    "plot_threshold",
    "plot_training",
    "plot_width_curve",
]
