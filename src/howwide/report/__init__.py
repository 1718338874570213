"""The folder of a run: the document, what is stored beside it, and its page."""

from howwide.report.folder import read, save, write_report

__all__ = ["read", "save", "write_report"]
