"""What may be claimed about unseen data: certificates with their conditions, predictions apart, errors against n."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.figures import plot_certificates, plot_sample_size
from howwide.results.certify import Certification, MeanOverSeeds
from howwide.views.blocks import Block, Column, Figure, Heading, Sentence, Table

__all__ = ["view"]

_OBSERVED = (
    "Observed: the share of mistakes on test examples, an estimate with an error of its own; of a random iterate, the "
    "mean over iterates sampled from all of the range. The certificate for the network that you keep is that of a "
    "fixed predictor, or of a deterministic iterate."
)
_RATES = (
    "The papers bound the error by a constant times n^(-1/2) for gradient descent (sample complexity O(1/ε²)) and "
    "n^(-1) for one-pass SGD (O(1/ε)), with a radius and a training loss that depend on the data. An exponent beside "
    "them is what these runs did."
)
_WORDS = {"checked": "checked", "declared": "your word"}


def view(result: Certification, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Certificates, what each means and rests on, the grid, predictions; before them the curve over n, if any."""
    name, certificates = data.get("name", "these data"), result.certificates
    yield Heading(f"What may be claimed about unseen data: {name}", level=1)
    if certificates:
        yield Sentence(certificates[0].meaning, "lead", page_only=True)
    else:
        yield Sentence(f"No certificate for {name}: no run ended in finite numbers.", "lead")
    if result.points:
        yield from _curve(result)
    if certificates:
        title = f"Certificates, {name}"
        if result.points:
            title += f": the run with n = {max(p.n for p in result.points)} and the first seed"
        yield Figure(
            "certificates",
            "What is certified, and what was observed on test examples; bounds on examples kept aside rest on these.",
            lambda: plot_certificates(result),
        )
        bound, delta = Column("bound, %", upper_bound=True, times=100), Column("delta", upper_bound=True)
        yield Table(
            title,
            ["certificate", "certifies", bound, Column("observed, %", times=100), delta],
            [(c.name, c.certifies, c.value, c.test_error, c.delta) for c in certificates],
        )
        yield Sentence(result.statement, "quiet")
        if any(c.test_error is not None for c in certificates):
            yield Sentence(_OBSERVED, "quiet")
    if len(result.runs) > 1:
        yield _grid(result)
    if certificates:
        yield Heading("What each means")
        for c in certificates:
            yield Sentence(f"{c.name}: {c.meaning}" + (" A fair coin promises as much." if c.vacuous else ""))
        yield _conditions(result)
        yield Table(
            "Terms of the bounds",
            ["certificate", "term", Column("value", 4, upper_bound=True), "reference"],
            [(c.name, t.replace("_", " "), value, c.reference) for c in certificates for t, value in c.terms.items()],
            page_only=True,
        )
    if result.predictions:
        yield Table(
            "Predictions of the theory, which certify nothing",
            ["statement", "speaks of", "value", Column("why it is no certificate", wrap=True)],
            [(p.name, p.certifies, p.value, p.why) for p in result.predictions],
        )
    if result.unavailable:
        reasons = [(kind.name, "; ".join(kind.reasons)) for kind in result.unavailable]
        yield Table("Not available for this run", ["certificate", Column("why", wrap=True)], reasons)


def _conditions(result: Certification) -> Table:
    """A row for each condition; those that all certificates share come first."""
    needed: dict[tuple[str, str], list[str]] = {}
    for certificate in result.certificates:
        for condition in certificate.conditions:
            needed.setdefault((condition.text, condition.status), []).append(certificate.name)
    everyone = len(result.certificates)
    rows = [
        (_WORDS[status], text, "all" if len(names) == everyone else ", ".join(names))
        for (text, status), names in sorted(needed.items(), key=lambda entry: len(entry[1]) < everyone)
    ]
    return Table("Conditions", ["", Column("condition", wrap=True), Column("of", wrap=True)], rows)


def _grid(result: Certification) -> Table:
    names = [c.name for c in result.certificates]
    rows = []
    for run in result.runs:
        bounds = {c.name: c.value for c in run.certificates}
        rows.append((run.width, run.step_constant, run.status, *map(bounds.get, names), run.test_error))
    columns = [Column(name, upper_bound=True, times=100) for name in names]
    return Table(
        "All combinations, each at its share of delta; bounds and errors in %",
        ["width", "step constant", "status", *columns, Column("last iterate, observed", times=100)],
        rows,
    )


def _curve(result: Certification) -> Iterator[Block]:
    observed = [p for p in result.points if p.series.endswith("error")]
    certified = [p for p in result.points if not p.series.endswith("error")]
    yield Heading(f"Errors and bounds against n: means over {max(p.seeds for p in result.points)} seeds")
    yield Figure(
        "sample-size",
        "Errors and bounds against the number of examples: means over seeds, bars their intervals. Filled: certified; "
        "a bound of 100 % is left out. Hollow: observed on examples not used before.",
        lambda: plot_sample_size(result),
    )
    yield from _against_n("Observed errors, in %, against n", observed, upper_bound=False)
    yield from _against_n("Bounds, in %, against n", certified, upper_bound=True)
    level = result.rates[0].level if result.rates else 0.95
    yield Table(
        f"Fits C n^-b, with {100 * level:g} % intervals",
        ["series", "b", "lower", "upper", "papers", "status"],
        [(r.series, r.exponent, r.lower, r.upper, r.paper, r.status.replace("_", " ")) for r in result.rates],
    )
    yield Sentence(_RATES, "quiet", page_only=True)


def _against_n(title: str, points: list[MeanOverSeeds], *, upper_bound: bool) -> Iterator[Table]:
    """Means by series and n, and for the page their intervals."""
    if points:
        sizes = list(dict.fromkeys(p.n for p in points))
        means = {(p.series, p.n): p.mean for p in points}
        series = list(dict.fromkeys(p.series for p in points))
        columns = [Column(str(n), upper_bound=upper_bound, times=100) for n in sizes]
        yield Table(title, ["n", *columns], [(s, *(means.get((s, n)) for n in sizes)) for s in series])
        mean = Column("mean", upper_bound=upper_bound, times=100)
        yield Table(
            f"{title}: intervals",
            ["series", "n", "seeds", mean, Column("lower", times=100), Column("upper", times=100)],
            [(p.series, p.n, p.seeds, p.mean, p.lower, p.upper) for p in points],
            page_only=True,
        )
