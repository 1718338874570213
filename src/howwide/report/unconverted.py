"""Pages of the verbs that have no view yet.

======================  ==================================================================
``result.json``         the document that ``--json`` prints
``spectrum.csv``        measure: the eigenvalues of the kernels, where all were computed
``*.svg``               the figures
``report.html``         the page
======================  ==================================================================
"""

import json
from pathlib import Path
from typing import Any

from jinja2 import UndefinedError

from howwide.errors import DataError
from howwide.figures import (
    plot_gap_timeline,
    plot_reference_lines,
    plot_required_widths,
)
from howwide.figures.style import to_svg
from howwide.files import write_atomically
from howwide.report.page import Figure, render_page
from howwide.results import (
    CompareResult,
    Document,
    PaperTableResult,
)
from howwide.results.older import upgraded
from howwide.theory.memorisation import NO_BOUND

__all__ = [
    "save_comparison",
    "write_report",
]


def save_comparison(folder: Path, document: Document) -> Path:
    """Write document and report of ``theorems compare``; returns the page.

    Raises:
        OutputError: a file cannot be written.
    """
    write_atomically(folder / "result.json", document.to_json())
    return write_report(folder)


def write_report(folder: Path) -> Path:
    """Render ``report.html`` and the figures from what ``folder`` holds.

    Raises:
        DataError: the folder holds no result of howwide, or a damaged one.
        OutputError: a file cannot be written.
    """
    document = _document(folder)
    figures, text = _rendered(folder, document)
    for figure in figures:
        write_atomically(folder / f"{figure.name}.svg", figure.svg)
    page = folder / "report.html"
    write_atomically(page, text)
    return page


def _rendered(folder: Path, document: dict[str, Any]) -> tuple[list[Figure], str]:
    try:
        figures = _FIGURES[document["verb"]](folder, document)
        return figures, render_page(document, figures)
    except DataError:
        raise
    except (UndefinedError, ValueError, KeyError, TypeError, AttributeError) as error:  # edited by hand, or cut off
        reason = str(error).splitlines()[0]
        raise DataError(f"{folder} holds a damaged result ({reason}); run the command again") from None


def _document(folder: Path) -> dict[str, Any]:
    path = folder / "result.json"
    if not path.is_file():
        raise DataError(f"{folder} holds no result.json; name a folder that a verb wrote with --out")
    try:
        document = Document.model_validate(upgraded(json.loads(path.read_text())))
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a result of this version of howwide: {str(error).splitlines()[0]}") from None
    if document.verb not in _RESULTS:
        raise DataError(f"{path} is a result of `howwide {document.verb}`, which has no report")
    of_data = not isinstance(document.result, PaperTableResult)
    if not isinstance(document.result, _RESULTS[document.verb]) or (of_data and not document.data):
        raise DataError(f"{path} is damaged: it lacks what `howwide {document.verb}` writes; run the command again")
    return document.model_dump(by_alias=True)


def _comparison_figures(folder: Path, document: dict[str, Any]) -> list[Figure]:
    result = document["result"]
    if "rows" in result:  # a paper's own table
        return []
    minimal = result["measured"]["minimal_width"]
    reference = (
        "the minimal width that was measured" if minimal else f"the width at hand, {result['measured']['width']}"
    )
    figures = [
        Figure(
            "gap-timeline",
            to_svg(plot_gap_timeline(result["theorems"]), "gap-timeline"),
            f"How many powers of ten lie between the width that a theorem requires on these data and {reference}. "
            "Hollow: stated for another network, depth or output scale.",
        )
    ]
    ax = plot_required_widths(result["theorems"], result["points"], minimal)
    words = "The width that each theorem requires against n, with the facts measured at every n."
    figures.append(Figure("required-widths", to_svg(ax, "required-widths"), words))
    if result["reference_lines"]:
        at_hand = None if minimal else result["measured"]["width"]
        ax = plot_reference_lines(result["reference_lines"], result["points"], minimal, at_hand=at_hand)
        figures.append(Figure("reference-lines", to_svg(ax, "reference-lines"), NO_BOUND))
    return figures


_FIGURES = {
    "theorems compare": _comparison_figures,
}
_RESULTS: dict[str, type | tuple[type, ...]] = {
    "theorems compare": (CompareResult, PaperTableResult),
}
