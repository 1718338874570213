"""What ``howwide certify`` prints for people: one table of certificates, a sentence and the conditions of each."""

from typing import Any

from rich.table import Table

from howwide.cli.output import table
from howwide.numbers import format_number, format_upper_bound
from howwide.results import CertifyResult, Document
from howwide.results.certify import CertificateRow

__all__ = ["OBSERVED", "tables"]

OBSERVED = (
    "Observed: the share of mistakes on test examples, an estimate with an error of its own; of a random iterate, the "
    "mean over iterates sampled from all of the range. snapshot_suffix is the one for the network that you keep."
)


def tables(document: Document) -> list[Any]:
    """The tables and lines, in order."""
    result = document.result
    assert isinstance(result, CertifyResult)
    name = (document.data or {})["name"]
    shown: list[Any] = []
    if result.points:
        shown += _curve(result, name)
    if result.certificates:
        title = f"Certificates, {name}"
        if result.points:
            title += f": the run with n = {max(p.n for p in result.points)} and the first seed"
        heads = ["certificate", "certifies", "bound", "observed", "delta"]
        rows = [
            (c.name, c.certifies, _bound(c.value), _rate(c.test_error), format_upper_bound(c.delta))
            for c in result.certificates
        ]
        shown += [_unbroken(table(title, heads, rows), but="certifies"), result.statement]
        if any(c.test_error is not None for c in result.certificates):
            shown.append(OBSERVED)
    else:
        shown.append(f"No certificate for {name}: no run ended in finite numbers.")
    if len(result.runs) > 1:
        shown.append(_grid(result))
    if result.certificates:
        shown += ["\nWhat each means"] + [f"  {c.name}: {_meaning(c)}" for c in result.certificates]
        shown += ["\nConditions", *_conditions(result)]
    if result.predictions:
        shown += _predictions(result)
    return shown


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{format_number(100 * value)} %"


def _bound(value: float | None) -> str:
    return "–" if value is None else f"{format_upper_bound(value, times=100)} %"


def _meaning(certificate: CertificateRow) -> str:
    vacuous = certificate.value >= 0.5
    return certificate.meaning + (" A fair coin promises as much." if vacuous else "")


def _unbroken(made: Table, *, but: str = "") -> Table:
    """Numbers and names stay on one line; the column ``but`` may take several."""
    for column in made.columns:
        column.no_wrap = column.header != but
    return made


def _grid(result: CertifyResult) -> Any:
    names = [c.name for c in result.certificates]
    rows = []
    for run in result.runs:
        bounds = {c.name: c.value for c in run.certificates}
        found = [_bound(bounds.get(name)) for name in names]
        rows.append((run.width, format_number(run.step_constant), run.status, *found, _rate(run.test_error)))
    heads = ["width", "step constant", "status", *names, "last iterate, observed"]
    return _unbroken(table("All combinations, each at its share of delta", heads, rows))


def _conditions(result: CertifyResult) -> list[str]:
    """Conditions that several certificates share are said once."""
    names = [c.name for c in result.certificates]
    needed: dict[tuple[str, str], list[str]] = {}
    for certificate in result.certificates:
        for condition in certificate.conditions:
            needed.setdefault((condition.text, condition.status), []).append(certificate.name)
    words = {"checked": "checked  ", "declared": "your word"}
    ordered = sorted(needed.items(), key=lambda entry: len(entry[1]) < len(names))
    return [
        f"  [{words[status]}] {text}" + ("" if len(of) == len(names) else f" ({', '.join(of)})")
        for (text, status), of in ordered
    ]


def _predictions(result: CertifyResult) -> list[str]:
    lines = [f"  {p.name}, {p.certifies}: {format_number(p.value)}; {p.why}" for p in result.predictions]
    return ["\nPredictions of the theory, which certify nothing", *lines]


def _curve(result: CertifyResult, name: str) -> list[Any]:
    sizes = list(dict.fromkeys(p.n for p in result.points))
    mean = {(p.series, p.n): p.mean for p in result.points}
    series = list(dict.fromkeys(p.series for p in result.points))
    rows = [(s, *[(_rate if s.endswith("error") else _bound)(mean.get((s, n))) for n in sizes]) for s in series]
    title = f"Errors and bounds against n, {name}; means over {max(p.seeds for p in result.points)} seeds"
    rates = [
        (
            r.series,
            format_number(r.exponent),
            format_number(r.lower),
            format_number(r.upper),
            format_number(r.paper),
            r.status.replace("_", " "),
        )
        for r in result.rates
    ]
    heads = ["series", "b", "lower", "upper", "papers", "status"]
    level = result.rates[0].level if result.rates else 0.95
    fits = table(f"Fits C n^-b, with {100 * level:g} % intervals", heads, rates)
    return [_unbroken(table(title, ["n", *map(str, sizes)], rows)), _unbroken(fits)]
