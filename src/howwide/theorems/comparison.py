"""All theorems on one data set: verdicts, required widths, and how far they are from the width that was enough.

A verdict is about the width at hand and the theorem's own network. A number with a hidden constant is a prediction, and
so is a verdict that rests on one.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from howwide import theory
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.plain import one_or_several
from howwide.theorems.entries import Entry, entry, finite_or_none, required_width
from howwide.theorems.facts import measure
from howwide.theorems.measured import Measured
from howwide.theorems.reference_lines import ReferenceLine, reference_lines
from howwide.theory import Memorisation, Theorem
from howwide.width import WidthResult, search

__all__ = ["Comparison", "compare"]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """All theorems on one data set.

    Attributes:
        entries: one a theorem, at the largest n.
        measured: the facts at every n, smallest n first.
        required: columns ``n``, ``id``, ``log10_width``, a row for each theorem and n.
        curve: the minimal width that was measured, or None.
        reference_width: what the gaps are relative to: the estimated minimal width at the largest n, else the width
            at hand; None where the search found no estimate.
        lines: memorisation results at every n, in the order of ``measured``: reference lines, and no bounds.
    """

    entries: tuple[Entry, ...]
    measured: tuple[Measured, ...]
    required: pd.DataFrame
    curve: WidthResult | None
    reference_width: float | None
    lines: tuple[tuple[ReferenceLine, ...], ...]

    @property
    def measured_exponent(self) -> tuple[float | None, float | None, float | None] | None:
        """Exponent of n in the measured minimal width: estimate, lower, upper; None without a curve."""
        return None if self.curve is None else self.curve.fit().exponent

    @property
    def table(self) -> pd.DataFrame:
        """One row a theorem: the numbers that the command line prints."""
        return pd.DataFrame(
            {
                "id": e.theorem.id,
                "year": e.theorem.year,
                "verdict": e.judgement.verdict,
                "guaranteed": e.judgement.guaranteed,
                "log10_width": e.log10_width,
                "log10_steps": finite_or_none(e.prescription.quantities["num_steps"].log10),
                "test_bound": e.prescription.test_bound.value,
                "gap_log10": e.gap_log10,
                "nominal_exponent": e.nominal_exponent,
                "data_exponent": e.data_exponent,
                "reason": e.judgement.reason,
            }
            for e in self.entries
        )


def compare(
    ds: Dataset,
    *,
    n: int | Sequence[int] | None = None,
    depth: int = 5,
    width: int = 512,
    alpha: float = 0.5,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    hidden_constant: float = 1.0,
    theorems: Sequence[Theorem] | None = None,
    memorisation: Sequence[Memorisation] | None = None,
    curve: WidthResult | None = None,
    measure_width: bool = False,
    target: str = "zero-error",
    steps: int = 2000,
    max_width: int = 1024,
    trials: int = 400,
    parts: Sequence[str] | None = None,
    stratified: bool = True,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Measure the facts, and ask every theorem about its own network on these data.

    Args:
        ds: the data.
        n: one sample size or several; all of the data by default. Verdicts are at the largest.
        depth: number of weight matrices of the deep network (other networks: as many hidden layers).
        width: the width at hand, at which starts are measured.
        alpha: output scale of the deep network.
        target_loss: eps.
        failure_probability: delta.
        hidden_constant: for what the papers hide; the results are predictions.
        theorems: the statements; all by default.
        memorisation: the reference lines beside them; all by default.
        curve: a minimal width that was measured before, at these n.
        measure_width: measure it now, with :func:`howwide.width.search` at these n.
        target: of that search.
        steps: its budget.
        max_width: the largest width it tries.
        trials: that it makes at most at every n.
        parts: what is measured, names from :data:`howwide.theorems.PARTS`.
        stratified: subsets keep the share of positive labels.
        seed: of subsets and starts.
        say: called with a line before every part.

    Raises:
        SettingError: a number outside its domain.
        DataError: n beyond the data, or a subset that cannot be drawn.
        SearchError: a trial of the search failed.
    """
    chosen = theory.all_theorems() if theorems is None else tuple(theorems)
    sizes = [ds.n] if n is None else sorted(set(one_or_several(n)))
    if not sizes:
        raise SettingError("give at least one sample size n")
    subsets = [ds if n is None else ds.subset(size, seed=seed, stratified=stratified) for size in sizes]
    facts: dict[str, Any] = {
        "depth": depth, "width": width, "alpha": alpha, "target_loss": target_loss, "parts": parts, "seed": seed,
        "failure_probability": failure_probability, "say": say,
    }  # fmt: skip
    measured = tuple(measure(part, **facts) for part in subsets)
    if measure_width:
        say("searching the minimal width")
        curve = search(
            ds, n=sizes, depth=depth, target=target, steps=steps, alpha=alpha, max_width=max_width, trials=trials,
            seed=seed, subset="stratified" if stratified else "random", notice=say,
            on_progress=lambda label, state: say(f"{label}: {state}"),
        )  # fmt: skip
    reference = float(width) if curve is None else _estimate(curve, sizes[-1])
    required = pd.DataFrame(
        [(m.data.n, t.id, required_width(t, m, hidden_constant)) for m in measured for t in chosen],
        columns=["n", "id", "log10_width"],
    ).astype({"log10_width": float})
    minimal = None if curve is None else reference
    entries = tuple(entry(t, measured[-1], hidden_constant, reference, minimal, required) for t in chosen)
    beside = theory.all_memorisation() if memorisation is None else tuple(memorisation)
    lines = tuple(reference_lines(m, beside, hidden_constant) for m in measured)
    return Comparison(entries, measured, required, curve, reference, lines)


def _estimate(curve: WidthResult, n: int) -> float | None:
    return next((p.estimate for p in curve.points_at() if p.n == n and p.estimate is not None), None)
