"""The minimal width against n, with what it rests on; and what a study may cost."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from howwide.figures import plot_frontier, plot_success_rates, plot_test_error, plot_width_curve
from howwide.numbers import format_number
from howwide.results.base import Result
from howwide.results.width import (
    COMPARED_FROM,
    BestTested,
    WidthPlan,
    WidthPoint,
    WidthResult,
    WidthSearch,
    WidthTestError,
)
from howwide.views.blocks import Block, Cell, Column, Figure, Heading, Sentence, Table

__all__ = ["view"]


@functools.singledispatch
def view(result: Result, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a result of ``width``."""
    raise TypeError(f"no view of {type(result).__name__}")


@view.register
def _(result: WidthResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Verdict, points, what the budget cut off, growth; on the page also searches, step sizes and success rates."""
    name, question = data["name"] if settings else "these data", f"{len(result.curves)} curves"
    if len(result.curves) == 1:
        question = "{target} within {steps} steps, depth {depth}".format(**result.curves[0].label)
    setting = "."
    if settings:
        setting = ", {network} network, at most {trials} trials a point. Step rule: {step_size}.".format(**settings)
        setting += " Random labels." if settings["labels"] == "random" else ""
    yield Heading(f"How wide is wide enough? {name}", level=1)
    yield Sentence(f"The least width at which gradient descent reaches its target: {question}{setting}", "quiet")
    if len(result.curves) == 1:
        yield Sentence(result.verdict, "lead")
    yield Figure(
        "width-curve",
        "Minimal width against the sample size, with intervals; a triangle is an interval's only known end. "
        "Dashed: the reference curves of the paper, rescaled to pass through the first point.",
        lambda: plot_width_curve(result),
    )
    yield from _frontier(result, name)
    for number, curve in enumerate(result.curves):
        apart = f" ({curve.words})" if curve.words else ""
        points = [p for p in result.points if p.curve == number]
        searches = [s for s in result.searches if s.curve == number and s.extended_steps is not None]
        title = "Minimal width, {name}, depth {depth}, {target} in {steps} steps".format(name=name, **curve.label)
        level = f"{100 * points[0].level:g} %"
        yield Table(
            title + apart,
            ["n", "probability", "width", f"lower {level}", f"upper {level}", "trials", "status"],
            [(p.n, p.quantile, p.estimate, p.lower, p.upper, p.trials, p.status) for p in points],
        )
        if apart:
            yield Sentence(curve.verdict)
        if any(s.improving for s in searches):
            yield from _extension(points, searches, apart)
        if curve.laws:
            yield Table(
                f"Growth laws{apart}",
                ["law", "Akaike weight", "joint p", "these points", "parameters"],
                [
                    (w.name, w.weight, w.p_value, "remains" if w.remains else "excluded", _parameters(w.parameters))
                    for w in curve.laws
                ],
            )
            exponent = curve.exponent or {}
            if exponent.get("estimate") is not None:
                ends = " to ".join(format_number(exponent[end]) for end in ("lower", "upper"))
                text = f"Exponent of the free power of n: {format_number(exponent['estimate'])}, interval {ends}."
                yield Sentence(text, page_only=True)
    if any(curve.laws for curve in result.curves):
        yield Sentence(
            f"Laws fitted to the points at success probability {format_number(result.points[0].quantile)}, without "
            "those whose width the budget left open. The weight compares the laws listed with each other and says "
            "nothing about a law that is not listed. The joint p is that of the law against all points together: "
            "below 0.01 it does not fit, whatever its weight. The last but one column says which laws these points "
            "leave possible.",
            "quiet",
            page_only=True,
        )
    yield from _tested(result)
    yield from _evidence(result)


def _frontier(result: WidthResult, name: str) -> Iterator[Block]:
    """Minimal widths with the budgets side by side and a row for each n, probability and other setting."""
    budgets, depths = (sorted({getattr(p, what) for p in result.points}) for what in ("steps", "depth"))
    if len(budgets) == len(depths) == 1:
        return
    several = [what for what in ("target", "alpha", "label_noise") if len({getattr(p, what) for p in result.points}) > 1]
    keys = ["n", "depth", *several, "quantile"]
    lines: dict[tuple[Cell, ...], list[WidthPoint]] = {}
    for p in sorted(result.points, key=lambda p: (p.n, p.depth, p.steps)):
        lines.setdefault(tuple(getattr(p, key) for key in keys), []).append(p)
    heads: list[str] = [{"quantile": "probability"}.get(key, key.replace("_", " ")) for key in keys]
    across, level = [f"{t} steps" for t in budgets], f"{100 * result.level:g} %"
    ends = {"more steps": f"{budgets[0]} → {budgets[-1]} steps"}
    told = [(*key, *(_width(p) for p in own), *([_falls(own)] if len(own) > 1 else [])) for key, own in lines.items()]
    yield Table(
        f"The least width by depth and budget, {name} (each with its own {level} interval)",
        [*heads, *across, *ends.values()][: len(told[0])],
        told,
    )
    if len(budgets) > 1:
        yield Sentence(
            f"Every interval here holds by itself, at {level}. The last column compares the smallest and the largest "
            f"budget by intervals that hold for all budgets of a row together, at {level}: fewer neurons are enough "
            "where these two do not overlap. To compare depths, use howwide width compare: their trials come in pairs.",
            "quiet",
        )
        yield Table(
            f"Ends that hold for all budgets of a row together, {level}",
            [*heads, *(f"{t} steps, {end}" for t in budgets for end in ("lower", "upper"))],
            [(*key, *(end for p in own for end in (p.joint_lower, p.joint_upper))) for key, own in lines.items()],
            page_only=True,
        )
        yield Sentence(
            "All budgets are answered by the same trials. The joint intervals are Bonferroni's, and then no upper end is "
            "above that of a smaller budget, and no lower end below that of a larger one, since the minimal width falls "
            "as the budget rises.",
            "quiet",
            page_only=True,
        )
        yield Figure(
            "frontier",
            "Minimal width against the budget. Bars: the interval of each point; shade: the band that holds for all "
            "budgets of a line at once.",
            lambda: plot_frontier(result),
        )
    if len(depths) > 1:
        yield Figure(
            "frontier-depth",
            "Minimal width against the depth, with the interval of each point.",
            lambda: plot_frontier(result, against="depth"),
        )


def _falls(points: Sequence[WidthPoint]) -> str:
    """Whether the joint intervals of the smallest and the largest budget are apart."""
    most, least = points[0].joint_lower, points[-1].joint_upper
    return "fewer neurons" if most is not None and least is not None and least < most else "not told apart"


def _tested(result: WidthResult) -> Iterator[Block]:
    """The width that tests best; on the page the test error at every width, and its figure."""
    if not result.test_errors:
        return
    words = {"stopped": "where runs stopped", "after": "after all steps"}
    named = [head for head in ("curve",) if len(result.curves) > 1]

    def row(of: "BestTested | WidthTestError", *cells: Cell) -> tuple[Cell, ...]:
        return (*(result.curves[of.curve].words for _ in named), of.n, words[of.when], *cells)

    error = Column("mean test error, %", times=100)
    ends = [Column(f"{end} {100 * result.level:g} %", times=100) for end in ("lower", "upper")]
    if result.best_tested:
        yield Table(
            "The width that tests best, of those tried",
            [*named, "n", "tested", "width", error, *ends, Column("not told apart from the best", wrap=True)],
            [row(b, b.width, b.mean, b.lower, b.upper, _candidates(b)) for b in result.best_tested],
        )
        yield Sentence(
            f"Of the widths with at least {COMPARED_FROM} trials, the one that truly tests best is among the last column with "
            f"{100 * result.level:g} % (one-sided Welch tests against all others, Bonferroni). Where the largest width "
            "is among them, wider networks may test better still: the search looks around the threshold alone.",
            "quiet",
        )
    yield Table(
        "Test error by width",
        [*named, "n", "tested", "width", "trials", error, *ends],
        [row(e, e.width, e.trials, e.mean, e.lower, e.upper) for e in result.test_errors],
        page_only=True,
    )
    yield Sentence(
        "The mean over the trials at a width, with Student's interval: for other draws of subset and start from these "
        "data, on these test points, and as if the number of trials had been fixed beforehand. A network that died or "
        "diverged is wrong on every test point.",
        "quiet",
        page_only=True,
    )
    for number, part in enumerate(result.parts(), 1):
        apart = f": {part.curves[0].words}." if part.curves[0].words else "."
        if part.test_errors:
            yield Figure(
                "test-error" if number == 1 else f"test-error-{number}",
                "Mean test error of the trials against the width, with intervals; a star is the width that tests best, a "
                f"dotted line the minimal width{apart}",
                functools.partial(plot_test_error, part),
            )


def _candidates(best: BestTested) -> str:
    """The widths that may test best, and of how many; ranges where they stand side by side."""
    return f"{', '.join(map(str, best.candidates))} (of {best.compared})"


def _extension(points: Sequence[WidthPoint], searches: Sequence[WidthSearch], apart: str) -> Iterator[Block]:
    """For each n how much of the sample that was run on succeeded, and the width that this implies."""
    rows: list[Sequence[Cell]] = []
    for s in searches:
        turned = f"{s.turned} of {s.continued}" if s.continued else "none: too expensive"
        share = None
        if s.turned_lower is not None and s.turned_upper is not None:
            share = f"{100 * s.turned_lower:.0f}–{100 * s.turned_upper:.0f} %"
        rows += [
            (s.n, s.improving, turned, share, p.quantile, p.extended_estimate, p.extended_lower, p.extended_upper)
            for p in points
            if p.n == s.n
        ]
    steps = searches[0].extended_steps
    yield Table(
        f"Would {steps} steps have been enough? A sample of the trials still improving{apart}",
        ["n", "improving", "succeed", "share", "probability", "width", "lower", "upper"],
        rows,
    )
    yield Sentence(
        "A trial is still improving when its budget ended while its loss was falling. A random sample of these "
        f"trials, as large as a fifth of the search's cost allows, was run on to {steps} steps. The width for that "
        "budget, at each success probability, follows if the others succeed as often as the sample; its interval "
        "covers that of their share, which is given, and that of the success curve.",
        "quiet",
        page_only=True,
    )


def _parameters(parameters: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} = {format_number(value)}" for name, value in parameters.items())


def _evidence(result: WidthResult) -> Iterator[Block]:
    """Why the searches ended, which step sizes succeeded, and the success rates; for the page."""

    def table(title: str, columns: Sequence[str | Column], rows: Sequence[tuple[int, Sequence[Cell]]]) -> Table:
        """With the words of each row's curve in front where there are several."""
        if len(result.curves) == 1:
            return Table(title, columns, [row for _, row in rows], page_only=True)
        named = [(result.curves[curve].words, *row) for curve, row in rows]
        return Table(title, ["curve", *columns], named, page_only=True)

    yield table(
        "Why the searches ended",
        ["n", "trials", "largest width", "reason", "p, fit", "p, rising"],
        [(s.curve, (s.n, s.trials, s.largest, s.reason, s.p_value, s.rising_p_value)) for s in result.searches],
    )
    yield Sentence(
        "Small p-values speak against the success curve behind the widths: of its fit, and of success rising with "
        "width.",
        "quiet",
        page_only=True,
    )
    if result.step_rules:
        yield table(
            "Step sizes that succeeded",
            ["n", "rule", "trials", "median step size", "implied hidden constant"],
            [(s.curve, (s.n, s.rule, s.successes, s.step_size, s.hidden_constant)) for s in result.step_rules],
        )
        yield Sentence(
            "The answer depends on the step size. The implied constant is the median step size over the theorem's own "
            "with hidden constant 1.",
            "quiet",
            page_only=True,
        )
    yield table(
        "Success rates",
        ["n", "width", "reached", "trials", "rate", "lower", "upper"],
        [(r.curve, (r.n, r.width, r.successes, r.trials, r.rate, r.lower, r.upper)) for r in result.success_rates],
    )
    for number, part in enumerate(result.parts(), 1):
        apart = f": {part.curves[0].words}." if part.curves[0].words else "."
        yield Figure(
            "success-rates" if number == 1 else f"success-rates-{number}",
            f"Share of trials that reached the target at each width, with exact intervals{apart}",
            functools.partial(plot_success_rates, part),
        )


@view.register
def _(result: WidthPlan, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """What every point costs at most, and all together."""
    yield Table(
        "Nothing was run",
        ["n", "target", "depth", "guessed width", "trials at most", "flops at most", "core seconds at most"],
        [(p.n, p.target, p.depth, p.width, p.trials, p.flops, p.seconds) for p in result.points],
    )
    yield Sentence(
        f"At most {result.trials} trials, {format_number(result.flops)} flops, about {format_number(result.seconds)} s "
        f"with {result.workers} workers, if the widths are as guessed. Most studies take a small part of it: trials "
        "stop when they succeed, and searches when the intervals are narrow."
    )
