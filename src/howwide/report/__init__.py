"""The folder of a run: the document, what is stored beside it, and its page."""

from howwide.report.folder import read, save, write_report
from howwide.report.unconverted import (
    save_comparison,
)

__all__ = ["read", "save", "save_comparison", "write_report"]
