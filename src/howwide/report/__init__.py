"""The folder of a run: the document, what is stored beside it, and its page."""

from howwide.report.folder import read, save, write_report
from howwide.report.unconverted import (
    save_certificates,
    save_comparison,
    save_training,
    save_width,
)

__all__ = ["read", "save", "save_certificates", "save_comparison", "save_training", "save_width", "write_report"]
