"""Pages of the verbs that have no view yet.

======================  ==================================================================
``result.json``         the document that ``--json`` prints
``trials.csv``          width, demo: one row a trial
``history.csv``         train: loss and training error at the recorded steps
``weights.npz``         train: the weights before and after
``along.csv``           train by a theorem: distances, test error and bounds along the run
``spectrum.csv``        measure: the eigenvalues of the kernels, where all were computed
``values.csv``          certify over several n: errors and bounds of every run
``*.svg``               the figures
``report.html``         the page
======================  ==================================================================
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import UndefinedError

from howwide.errors import DataError
from howwide.figures import (
    plot_certificates,
    plot_distances,
    plot_gap_timeline,
    plot_reference_lines,
    plot_required_widths,
    plot_sample_size,
    plot_success_rates,
    plot_test_bound,
    plot_training,
    plot_width_curve,
)
from howwide.figures.style import to_svg
from howwide.files import write_atomically
from howwide.report.page import Figure, render_page
from howwide.results import (
    CertifyResult,
    CompareResult,
    Document,
    PaperTableResult,
    TrainResult,
    WidthResult,
)
from howwide.results.older import upgraded
from howwide.theory.memorisation import NO_BOUND
from howwide.width import WidthCurve

__all__ = [
    "save_certificates",
    "save_comparison",
    "save_training",
    "save_width",
    "write_report",
]


def save_width(folder: Path, document: Document, curve: WidthCurve) -> Path:
    """Write trials, document and report of a width run; returns the page.

    Raises:
        OutputError: a file cannot be written.
    """
    write_atomically(folder / "trials.csv", curve.trials.to_csv(index=False))
    write_atomically(folder / "result.json", document.to_json())
    return write_report(folder)


def save_training(
    folder: Path,
    document: Document,
    history: pd.DataFrame,
    weights: dict[str, tuple[np.ndarray, ...]],
    along: pd.DataFrame | None = None,
) -> Path:
    """Write history, weights (``initial_1``, ``final_1``, ...), document and report of one run; returns the page.

    ``along`` is what a run by a theorem was watched for.

    Raises:
        OutputError: a file cannot be written.
    """
    packed = io.BytesIO()
    arrays: dict[str, Any] = {f"{name}_{i}": w for name, layers in weights.items() for i, w in enumerate(layers, 1)}
    np.savez_compressed(packed, **arrays)
    write_atomically(folder / "history.csv", history.to_csv(index=False))
    write_atomically(folder / "weights.npz", packed.getvalue())
    if along is not None:
        write_atomically(folder / "along.csv", along.to_csv(index=False))
    write_atomically(folder / "result.json", document.to_json())
    return write_report(folder)


def save_certificates(folder: Path, document: Document, values: pd.DataFrame | None = None) -> Path:
    """Write document and report of ``certify``, and the values of every run of a study over n; returns the page.

    Raises:
        OutputError: a file cannot be written.
    """
    if values is not None:
        write_atomically(folder / "values.csv", values.to_csv(index=False))
    write_atomically(folder / "result.json", document.to_json())
    return write_report(folder)


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


def _table(path: Path, columns: set[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {str(error).splitlines()[0]}") from None
    if missing := columns - set(table.columns):
        raise DataError(f"{path} lacks the columns {', '.join(sorted(missing))}; run the command again")
    if table.empty or not all(pd.api.types.is_numeric_dtype(table[name]) for name in columns - {"target"}):
        raise DataError(f"{path} has no rows, or text where numbers belong; run the command again")
    return table


def _width_figures(folder: Path, document: dict[str, Any]) -> list[Figure]:
    trials = _table(folder / "trials.csv", {"n", "width", "seed", "success", "target", "budget"})
    points = pd.DataFrame(document["result"]["points"]).astype({"estimate": float, "lower": float, "upper": float})
    curve = WidthCurve(points, trials, float(points["level"].iloc[0]))
    words = (
        "Minimal width against the sample size, with intervals; a triangle is an interval's only known end. "
        "Dashed: the reference curves of the paper, rescaled to pass through the first point."
    )
    figures = [Figure("width-curve", to_svg(plot_width_curve(curve), "width-curve"), words)]
    for number, (part, apart) in enumerate(zip(curve.parts(), curve.differing(), strict=True), 1):
        name = "success-rates" if number == 1 else f"success-rates-{number}"
        words = "Share of trials that reached the target at each width, with exact intervals"
        words += f": {apart}." if apart else "."
        figures.append(Figure(name, to_svg(plot_success_rates(part), name), words))
    return figures


def _training_figures(folder: Path, document: dict[str, Any]) -> list[Figure]:
    history = _table(folder / "history.csv", {"step", "loss", "error"})
    online = document["result"]["online"] is not None
    ax = plot_training(history["step"], history["loss"], history["error"], online=online)
    figures = [Figure("training", to_svg(ax, "training"), "Loss and error along the run.")]
    promised = document["result"]["promised"]
    if promised and not online:
        along = _table(folder / "along.csv", {"step", "loss", "distance_1"})
        along = _table(folder / "along.csv", set(along.columns))
        words = (
            "Distance of every matrix from its start; dashed: the ball of the reference, and how far iterates may go."
        )
        ax = plot_distances(along, ball=promised["ball"], reach=promised["reach"])
        figures.append(Figure("distances", to_svg(ax, "distances"), words))
        if "bound" in along:
            words = (
                "Test error along the run and the bound for all t, a prediction; above the line at 1 it says nothing."
            )
            figures.append(Figure("test-bound", to_svg(plot_test_bound(along), "test-bound"), words))
    return figures


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


def _certificate_figures(folder: Path, document: dict[str, Any]) -> list[Figure]:
    result, figures = document["result"], []
    if result["points"]:
        words = (
            "Errors and bounds against the number of examples: means over seeds, bars their intervals. Filled: "
            "certified; a bound of 100 % is left out. Hollow: observed on examples not used before."
        )
        ax = plot_sample_size(pd.DataFrame(result["points"]))
        figures.append(Figure("sample-size", to_svg(ax, "sample-size"), words))
    if result["certificates"]:
        words = "What is certified, and what was observed on test examples; holdout alone rests on these."
        ax = plot_certificates(pd.DataFrame(result["certificates"]))
        figures.append(Figure("certificates", to_svg(ax, "certificates"), words))
    return figures


_FIGURES = {
    "width": _width_figures,
    "demo": _width_figures,
    "train": _training_figures,
    "theorems compare": _comparison_figures,
    "certify": _certificate_figures,
}
_RESULTS: dict[str, type | tuple[type, ...]] = {
    "width": WidthResult,
    "demo": WidthResult,
    "train": TrainResult,
    "theorems compare": (CompareResult, PaperTableResult),
    "certify": CertifyResult,
}
