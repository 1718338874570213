"""What a run leaves in its folder, and the page made of it.

======================  ==================================================================
``result.json``         the document that ``--json`` prints
``trials.csv``          width, demo: one row a trial
``history.csv``         train: loss and training error at the recorded steps
``weights.npz``         train: the weights before and after
``along.csv``           train by a theorem: distances, test error and bounds along the run
``spectrum.csv``        measure: the eigenvalues of the kernels, where all were computed
``runs.csv``            iterations: steps and radius of every run at every loss
``values.csv``          certify over several n: errors and bounds of every run
``tables/*.csv``        the tables of the page
``*.svg``               the figures
``report.html``         the page
======================  ==================================================================

The files between the document and the tables are the fields of a result that are not printed
(:func:`howwide.results.base.stored`).
"""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import ValidationError

from howwide.errors import DataError
from howwide.figures.style import to_svg
from howwide.files import write_atomically
from howwide.results.base import Stored
from howwide.results.document import Document
from howwide.results.older import upgraded
from howwide.results.width import WidthResult
from howwide.views import Figure, view_of
from howwide.views.csv import csv_tables
from howwide.views.html import page
from howwide.width.reference import read_published, with_reference

__all__ = ["read", "save", "write_report"]


def save(folder: Path, document: Document) -> Path:
    """Write the document, what is stored beside it and its page into ``folder``; returns the page.

    Raises:
        OutputError: a file cannot be written.
    """
    for name, stored in document.result.stored_fields():
        value = getattr(document.result, name)
        if value is not None and stored.file.endswith(".csv"):
            write_atomically(folder / stored.file, value.to_csv(index=False))
        elif value is not None:
            packed = io.BytesIO()
            np.savez_compressed(packed, **value)
            write_atomically(folder / stored.file, packed.getvalue())
    write_atomically(folder / "result.json", document.to_json())
    return _render(folder, document)


def write_report(folder: Path, reference: str | None = None) -> Path:
    """Render ``report.html``, tables and figures from what ``folder`` holds.

    ``reference`` puts a published curve (:func:`howwide.width.reference.read_published`) beside a width study, in the
    document too.

    Raises:
        DataError: the folder holds no result of howwide, or a damaged one, or no width study beside a reference, or the
            reference is none.
        SettingError: a reference without a sample size of the study.
        OutputError: a file cannot be written.
    """
    document = read(folder)
    if reference is not None:
        if not isinstance(document.result, WidthResult):
            raise DataError(f"{folder} holds a result of {document.verb}; a reference belongs to a folder of width")
        compared = with_reference(document.result, read_published(reference))
        document = document.model_copy(update={"result": compared})
        write_atomically(folder / "result.json", document.to_json())
    try:
        return _render(folder, document)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:  # edited by hand, or cut off
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{folder} holds a damaged result ({reason}); run the command again") from None


def read(folder: Path) -> Document:
    """The document in ``folder``, its result with the tables that are stored beside it.

    Raises:
        DataError: the folder holds no result of howwide, or a damaged one.
    """
    path = folder / "result.json"
    if not path.is_file():
        raise DataError(f"{folder} holds no result.json; name a folder that a verb wrote with --out")
    try:
        document = Document.model_validate(upgraded(json.loads(path.read_text())))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{path} is not a result of this version of howwide: {where}: {first['msg']}") from None
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a result of this version of howwide: {str(error).splitlines()[0]}") from None
    tables = {
        name: _table(folder / stored.file, stored)
        for name, stored in document.result.stored_fields()
        if stored.file.endswith(".csv") and (stored.columns or (folder / stored.file).is_file())
    }
    return document.model_copy(update={"result": document.result.model_copy(update=tables)})


def _table(path: Path, stored: Stored) -> pd.DataFrame | None:
    try:
        table = pd.read_csv(path)
    except pd.errors.EmptyDataError:
        if stored.columns:
            raise DataError(f"{path} is empty; run the command again") from None
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {str(error).splitlines()[0]}") from None
    if missing := set(stored.columns) - set(table.columns):
        raise DataError(f"{path} lacks the columns {', '.join(sorted(missing))}; run the command again")
    numbers = [name for name in table.columns if name not in stored.words]
    if table.empty or not all(pd.api.types.is_numeric_dtype(table[name]) for name in numbers):
        raise DataError(f"{path} has no rows, or text where numbers belong; run the command again")
    return table


def _render(folder: Path, document: Document) -> Path:
    blocks = view_of(document.result, document.settings, document.data)
    drawings = {block.name: to_svg(block.draw(), block.name) for block in blocks if isinstance(block, Figure)}
    html = page(document, blocks, drawings)
    for name, table in csv_tables(blocks).items():
        write_atomically(folder / "tables" / f"{name}.csv", table)
    for name, drawing in drawings.items():
        write_atomically(folder / f"{name}.svg", drawing)
    write_atomically(folder / "report.html", html)
    return folder / "report.html"
