"""A published curve of minimal widths beside those of a study.

The file has the columns ``n`` and ``width``; lines before them that begin with # say where the numbers stand. Curves
that ship with the package go by their names. The study's own settings, trials and digest do not know of it.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from howwide.data.opening import opened
from howwide.errors import DataError, SettingError
from howwide.results.width import Comparison, PublishedCurve, PublishedPoint

if TYPE_CHECKING:
    from howwide.results.width import WidthResult

__all__ = ["read_published", "with_reference"]

_COLUMNS = ("n", "width")
_SHIPPED = files("howwide.width") / "published"


def read_published(name: str, sizes: Iterable[int] | None = None) -> PublishedCurve:
    """The curve that ships with the package under this name, or that of the file.

    Args:
        name: of a curve, or of a file.
        sizes: sample sizes of the study that it is for, one of which it must have.

    Raises:
        DataError: neither, or a file that is not a list of distinct sample sizes with a positive width each.
        SettingError: no sample size in common.
    """
    curve = _found(name)
    if sizes is not None:
        _check_common(curve, sizes)
    return curve


def _found(name: str) -> PublishedCurve:
    """The curve of this name.

    Raises:
        DataError: as :func:`read_published`.
    """
    shipped = sorted(entry.name.removesuffix(".csv") for entry in _SHIPPED.iterdir() if entry.name.endswith(".csv"))
    if name in shipped:
        return _curve(name, (_SHIPPED / f"{name}.csv").read_text(encoding="utf-8"))
    try:
        with opened(Path(name)) as stream:
            text = stream.read().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"there is no file {name}, and no published curve of that name; those that ship with howwide are "
            f"{', '.join(shipped)}"
        ) from None
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8 text; save it as UTF-8") from None
    return _curve(name, text)


def with_reference(result: "WidthResult", curve: PublishedCurve) -> "WidthResult":
    r"""The result with a published curve, and its points beside every quantity that they may stand for.

    Those are :math:`m_q` at each success probability with its interval, and the mean of ten upward scans by each step
    with its predictive interval.

    Raises:
        SettingError: no sample size in common.
    """
    _check_common(curve, (p.n for p in result.points))
    rows = []
    for number in range(len(result.curves)):
        for published in curve.points:
            points = [p for p in result.points if (p.curve, p.n) == (number, published.n)]
            scans = [s for s in result.scans if (s.curve, s.n) == (number, published.n)]
            quantities = [(f"m_{p.quantile:g}", p.estimate, p.lower, p.upper) for p in points]
            quantities += [(f"scan by {s.step}", s.estimate, s.ten_lower, s.ten_upper) for s in scans]
            rows += [_comparison(number, published, *quantity) for quantity in quantities]
    return result.model_copy(update={"reference": curve, "comparisons": tuple(rows)})


def _check_common(curve: PublishedCurve, sizes: Iterable[int]) -> None:
    """See that there is something to compare.

    Raises:
        SettingError: none of the published sample sizes is one of these.
    """
    sizes = sorted(set(sizes))
    if not {p.n for p in curve.points} & set(sizes):
        raise SettingError(
            f"{curve.name} has n = {_listed(p.n for p in curve.points)}, and the study n = {_listed(sizes)}; give "
            "--n one of those"
        )


def _comparison(
    curve: int,
    published: PublishedPoint,
    quantity: str,
    estimate: float | None,
    lower: float | None,
    upper: float | None,
) -> Comparison:
    outside = (lower is not None and published.width < lower) or (upper is not None and published.width > upper)
    decided = outside or (lower is not None and upper is not None)
    return Comparison(
        curve=curve,
        n=published.n,
        published=published.width,
        quantity=quantity,
        estimate=estimate,
        lower=lower,
        upper=upper,
        inside=not outside if decided else None,
        factor=None if estimate is None else published.width / estimate,
    )


def _curve(name: str, text: str) -> PublishedCurve:
    """The curve in the text of a file.

    Raises:
        DataError: it is none.
    """
    lines = text.splitlines()
    remarks = [line.lstrip("# ").strip() for line in lines if line.startswith("#")]
    rows = [(i, row) for i, row in enumerate(csv.reader(lines), 1) if any(row) and not lines[i - 1].startswith("#")]
    if not rows:
        raise DataError(f"{name} is empty; expected a line n,width and a line for each point")
    header = [cell.strip() for cell in rows[0][1]]
    if sorted(header) != sorted(_COLUMNS):
        raise DataError(f"{name} has the columns {', '.join(header)}; expected n and width")
    points = list(_points(name, header, rows[1:]))
    if not points:
        raise DataError(f"{name} has no points; expected a line for each n below n,width")
    return PublishedCurve(name=name, source=" ".join(remarks) or None, points=tuple(points))


def _points(name: str, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Iterator[PublishedPoint]:
    seen: set[int] = set()
    for line, row in rows:
        cells = dict(zip(header, row, strict=False))
        if len(row) != len(header):
            raise DataError(f"{name}, line {line}: {len(row)} fields; expected n and width")
        n, width = (_positive(cells[column]) for column in _COLUMNS)
        if n is None or n != int(n):
            raise DataError(f"{name}, line {line}: n is {cells['n']!r}; expected a whole number above 0")
        if width is None:
            raise DataError(f"{name}, line {line}: width is {cells['width']!r}; expected a number above 0")
        if n in seen:
            raise DataError(f"{name}, line {line}: n = {n:g} stands there twice; expected one width for each n")
        seen.add(int(n))
        yield PublishedPoint(n=int(n), width=width)


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0.0 < number < math.inf else None


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
