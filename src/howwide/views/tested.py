"""The test error against the width, and the width that tests best."""

import functools
from collections.abc import Iterator

from howwide.figures import plot_test_error
from howwide.results.width import COMPARED_FROM, BestTested, WidthResult, WidthTestError
from howwide.views.blocks import Block, Cell, Column, Estimate, Figure, Sentence, Table

__all__ = ["tested"]

_WHEN = {"stopped": "where runs stopped", "after": "after all steps"}


def tested(result: WidthResult) -> Iterator[Block]:
    """The width that tests best, and on the page the test error at every width; nothing without test points."""
    if not result.test_errors:
        return
    several, level = len(result.curves) > 1, f"{100 * result.level:g} %"

    def row(of: BestTested | WidthTestError, *cells: Cell) -> list[Cell]:
        """With the words of the curve in front where there are several."""
        return [*([result.curves[of.curve].words] if several else []), of.n, _WHEN[of.when], of.width, *cells]

    heads = [*(["curve"] if several else []), "n", "tested", "width"]
    error = Column(f"mean test error, % ({level})", times=100)
    if result.best_tested:
        yield Table(
            "The width that tests best, of those tried",
            [*heads, error, Column("not told apart from it", wrap=True)],
            [row(b, Estimate(b.mean, b.lower, b.upper), _candidates(b)) for b in result.best_tested],
        )
        yield Sentence(
            f"The width that truly tests best, of those with {COMPARED_FROM} trials or more, is this or in the last "
            f"column with {level} (one-sided Welch tests of every other, Bonferroni). The search looks around the "
            "threshold: where the largest width is among them, wider networks may test better still.",
            "quiet",
        )
    yield Table(
        "Test error by width",
        [*heads, "trials", error],
        [row(e, e.trials, Estimate(e.mean, e.lower, e.upper)) for e in result.test_errors],
        page_only=True,
    )
    yield Sentence(
        "The mean over the trials at a width, with Student's interval: for other draws of subset and start from these "
        "data, on these test points, as if the number of trials had been fixed beforehand. A network that died or "
        "diverged is wrong on every test point.",
        "quiet",
        page_only=True,
    )
    for number, part in enumerate(result.parts(), 1):
        if part.test_errors:
            apart = f": {part.curves[0].words}." if part.curves[0].words else "."
            yield Figure(
                "test-error" if number == 1 else f"test-error-{number}",
                "Mean test error of the trials against the width, with intervals; a star is the width that tests best, "
                f"a dotted line the minimal width{apart}",
                functools.partial(plot_test_error, part),
            )


def _candidates(best: BestTested) -> str:
    """The widths that may be the best, of how many."""
    others = [str(width) for width in best.candidates if width != best.width]
    return f"{', '.join(others) or 'none'} (of {best.compared - 1})"
