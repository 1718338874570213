"""All theorems on one data set: verdicts, required widths, and how far they are from the width that was enough.

A verdict is about the width at hand and the theorem's own network. A number with a hidden constant is a prediction, and
so is a verdict that rests on one. The *nominal* exponent of n in a width is that of the formula with every other fact
fixed; the one *on these data* is the slope of the required width where the facts are measured anew at every n.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from howwide import theory
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.plain import one_or_several
from howwide.results.plan import PlannedPart, RunPlan
from howwide.results.theorems import ComparedPoint, ComparedTheorem, CompareResult, HiddenConstants, ReferenceLine
from howwide.theorems._prescribe import Prescription, prescribe
from howwide.theorems.catalogue import family
from howwide.theorems.facts import Measured, measure
from howwide.theorems.facts._measure import planned_measure
from howwide.theory import Memorisation, Theorem
from howwide.theory.memorisation import SAYS, SHOWN_FOR
from howwide.training.cost import largest_array
from howwide.width import WidthResult, WidthStudy, search, study_cost

__all__ = ["compare", "compare_plan"]


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
    out: Path | str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> CompareResult:
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
        out: a folder in which that search stores every finished trial, and from which it goes on where it stopped.
        say: called with a line before every part.

    Raises:
        SettingError: a number outside its domain.
        DataError: n beyond the data, or a subset that cannot be drawn.
        SearchError: a trial of the search failed.
        OutputError: ``out`` cannot be written.
    """
    chosen = theory.all_theorems() if theorems is None else tuple(theorems)
    beside = theory.all_memorisation() if memorisation is None else tuple(memorisation)
    subsets = _subsets(ds, n, seed, stratified)
    sizes = [part.n for part in subsets]
    searched = (sizes, depth, target, steps, alpha, max_width, trials, seed, stratified)
    study = _study(*searched) if measure_width else None

    def measured_at(place: int, part: Dataset) -> Measured:
        whole = f" (sample size {place} of {len(sizes)})" if len(sizes) > 1 else ""
        return measure(
            part, depth=depth, width=width, alpha=alpha, target_loss=target_loss, parts=parts, seed=seed,
            failure_probability=failure_probability, say=lambda text: say(text + whole),
        )  # fmt: skip

    measured = [measured_at(place, part) for place, part in enumerate(subsets, 1)]
    if study is not None:
        say("searching the minimal width")
        curve = search(ds, study, out=out, notice=say, on_progress=lambda label, state: say(f"{label}: {state}"))
    minimal = () if curve is None else curve.points_at()
    reference = next((p.estimate for p in minimal if p.n == sizes[-1] and p.estimate is not None), None)
    if curve is None:
        reference = float(width)
    exponent = None if curve is None else curve.fit().exponent

    def required(theorem: Theorem, facts: Measured) -> float | None:
        return _finite(prescribe(theorem, facts.problem(theorem), hidden_constant).quantities["width"].log10)

    def lines(facts: Measured) -> dict[str, float | None]:
        return {m.id: _finite(m.width(facts.data, hidden_constant).log10) for m in beside}

    points = [
        ComparedPoint(
            n=size, measured=facts.as_dict(), log10_width={t.id: required(t, facts) for t in chosen},
            reference_lines=lines(facts),
        )
        for size, facts in zip(sizes, measured, strict=True)
    ]  # fmt: skip
    keys = ("n", "estimate", "lower", "upper", "level", "status")
    return CompareResult(
        theorems=[
            _compared(t, measured[-1], hidden_constant, reference, None if curve is None else reference, points)
            for t in chosen
        ],
        measured={
            **measured[-1].as_dict(),
            "minimal_width": [{key: getattr(point, key) for key in keys} for point in minimal],
            "minimal_width_exponent": exponent and dict(zip(("estimate", "lower", "upper"), exponent, strict=True)),
            "reference_width": reference,
        },
        points=points,
        reference_lines=[_line(m, measured[-1], hidden_constant) for m in beside],
        facts=measured,
        curve=curve,
        notes=list(dict.fromkeys(note for m in measured for note in m.notes)),
    )


def compare_plan(
    ds: Dataset,
    *,
    n: int | Sequence[int] | None,
    depth: int,
    width: int,
    alpha: float,
    target_loss: float,
    failure_probability: float,
    measure_width: bool,
    target: str,
    steps: int,
    max_width: int,
    trials: int,
    stratified: bool,
    seed: int,
) -> RunPlan:
    """What :func:`compare` will do with these settings, and what is known beforehand of its cost.

    The facts are measured at every n (:func:`howwide.measure.plan.planned_facts`); the search is counted as
    :func:`howwide.width.study_cost` does, at a guessed width. Evaluating the formulas takes no time beside them.

    Raises:
        SettingError: as :func:`compare`.
        DataError: likewise.
    """
    parts: list[PlannedPart] = []
    subsets = _subsets(ds, n, seed, stratified)
    sizes = [part.n for part in subsets]
    searched = (sizes, depth, target, steps, alpha, max_width, trials, seed, stratified)
    study = _study(*searched) if measure_width else None
    for subset in subsets:
        found = planned_measure(
            subset, depth=depth, width=width, alpha=alpha, target_loss=target_loss,
            failure_probability=failure_probability,
        )  # fmt: skip
        parts += [part.model_copy(update={"n": subset.n}) for part in found] if len(sizes) > 1 else found
    if study is not None:
        for point in study_cost(study, ds).points:
            widths, size = (point.width,) * (depth - 1), point.n if len(sizes) > 1 else None
            note = f"if the width is about {point.width}; most stop much earlier"
            parts.append(
                PlannedPart(
                    part="minimal width", n=size, count=point.trials, unit="trials", flops=point.flops,
                    seconds=point.seconds, bytes=largest_array(point.n, min(point.n, ds.d), widths), note=note,
                )
            )  # fmt: skip
    return RunPlan.of(parts)


def _subsets(ds: Dataset, n: int | Sequence[int] | None, seed: int, stratified: bool) -> list[Dataset]:
    """The samples that are measured, by growing size; all of the data where none is asked for.

    Raises:
        SettingError: no size, or one beyond the data.
        DataError: a subset that cannot be drawn.
    """
    if n is None:
        return [ds]
    sizes = sorted(set(one_or_several(n)))
    if not sizes:
        raise SettingError("give at least one sample size n")
    return [ds.subset(size, seed=seed, stratified=stratified) for size in sizes]


def _study(
    sizes: Sequence[int],
    depth: int,
    target: str,
    steps: int,
    alpha: float,
    max_width: int,
    trials: int,
    seed: int,
    stratified: bool,
) -> WidthStudy:
    """The search of the minimal width at these sizes.

    Raises:
        SettingError: a setting outside its domain.
    """
    return WidthStudy(
        n=sizes, depth=depth, target=target, steps=steps, alpha=alpha, max_width=max_width, trials=trials, seed=seed,
        subset="stratified" if stratified else "random",
    )  # fmt: skip


def _compared(
    theorem: Theorem,
    measured: Measured,
    hidden_constant: float,
    reference: float | None,
    minimal: float | None,
    points: Sequence[ComparedPoint],
) -> ComparedTheorem:
    """One theorem at the largest n: its verdict, its numbers, its gap, and two exponents of n."""
    prescription = prescribe(theorem, measured.problem(theorem), hidden_constant)
    problem, numbers, bound = prescription.problem, prescription.quantities, prescription.test_bound
    judgement, width = theorem.judge(problem, hidden_constant), numbers["width"]
    checks = [("assumption", v) for v in judgement.assumptions] + [("claim", v) for v in judgement.claims]
    shown = {"width": width, "num_steps": numbers["num_steps"], "step_size": numbers["step_size"], "test_bound": bound}
    log10 = _finite(width.log10)

    doubled = None if problem.n is None else _finite(theorem.width(problem, hidden_constant, n=2 * problem.n).log10)
    nominal = None if log10 is None or doubled is None else (doubled - log10) / math.log10(2)
    known = np.array([(math.log10(p.n), w) for p in points if (w := p.log10_width[theorem.id]) is not None])
    on_data = float(np.polyfit(known[:, 0], known[:, 1], 1)[0]) if len(known) > 1 else None
    at_minimal = None if minimal is None else theorem.implied_constant("width", problem, minimal)
    return ComparedTheorem(
        id=theorem.id,
        year=theorem.year,
        title=theorem.title,
        paper=theorem.reference.short,
        family=family(theorem),
        verdict=judgement.verdict,  # type: ignore[arg-type]
        reason=judgement.reason,
        width_decides=judgement.width_decides,
        assumptions=[{"role": role, **verdict.as_dict()} for role, verdict in checks],
        log10_width=width.log10,
        log10_width_ends=None if width.ends is None else list(width.ends),
        log10_steps=numbers["num_steps"].log10,
        step_size=numbers["step_size"].value,
        test_bound=bound.value,
        statuses={name: quantity.status for name, quantity in shown.items()}
        | {"test_bound": _bound_status(prescription), "verdict": judgement.words},
        missing=sorted({fact for quantity in shown.values() for fact in quantity.missing}),
        gap_log10=None if log10 is None or reference is None else log10 - math.log10(reference),
        exponents={"nominal": _tidy(nominal), "on_data": _tidy(on_data)},
        hidden_constants=HiddenConstants(
            used=hidden_constant if width.is_prediction else None,
            log10_at_width=judgement.constant_log10,
            log10_at_minimal_width=at_minimal,
        ),
        prediction="hidden" in theorem.constants.values(),
        provenance={
            "tag": theorem.tag,
            "known": theorem.known,
            "formulas": {kind: formula.tag for kind, formula in theorem.formulas.items()},
        },
    )


def _bound_status(prescription: Prescription) -> str:
    """The status of the test bound; a promise of eps itself is made from a number of examples on."""
    bound, n = prescription.test_bound, prescription.problem.n
    if bound.status == "infinite" or (bound.log10 is not None and bound.log10 > 0):
        return "vacuous"
    formula, size = prescription.theorem.formulas.get("test_error"), prescription.quantities["sample_size"]
    if formula is not None and formula.letters == ("eps",) and size.value is not None and n is not None:
        return bound.status if n >= size.value else "sample_too_small"
    return bound.status


def _line(statement: Memorisation, measured: Measured, hidden_constant: float) -> ReferenceLine:
    """A statement about the existence of weights that fit, at the n, depth and input dimension of the data."""
    width = statement.width(measured.data, hidden_constant)
    log10 = _finite(width.log10)
    return ReferenceLine(
        id=statement.id,
        year=statement.year,
        title=statement.title,
        paper=statement.reference.short,
        tag=statement.tag,
        says=SAYS[statement.says],
        shown_for=SHOWN_FOR[statement.shown_for],
        log10_width=log10,
        width=None if log10 is None else round(10**log10),
        status=width.status,
        reason=width.reason,
        missing=list(width.missing),
        hidden_constant=width.hidden_constant,
        prediction=width.is_prediction,
        needs=width.text,
        guarantee=statement.guarantee,
        gaps=list(statement.gaps),
    )


def _tidy(exponent: float | None) -> float | None:
    """Without the rounding of a logarithm of 1e80, which would print as 1e-14."""
    return None if exponent is None else round(exponent, 9) + 0.0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
