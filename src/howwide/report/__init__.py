"""The HTML report of a run: one self-contained page, inline SVG, no JavaScript, nothing fetched.

:func:`write_report` renders the folder that a verb wrote: ``result.json`` and the tables beside it.
"""

from howwide.report.folder import (
    save_certificates,
    save_comparison,
    save_measurement,
    save_training,
    save_width,
    write_report,
)

__all__ = [
    "save_certificates",
    "save_comparison",
    "save_measurement",
    "save_training",
    "save_width",
    "write_report",
]
