"""The examples of a certified run: a plain random subset in random order, and what is kept apart from it.

A subset that keeps the share of positives is not an independent sample, and rows in the order of a file may be sorted;
so the rows are permuted, always, and never stratified. Test rows come with the data; where there are none, the rows
that the subset left out serve.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from howwide.certify.certificate import Condition, ExamplesOf, checked, declared
from howwide.certify.procedure.plan import Plan
from howwide.data import Dataset
from howwide.data.duplicates import row_digests
from howwide.data.subsets import plain_rows
from howwide.errors import DataError

__all__ = ["Examples", "Sample", "draw_sample"]

_LEAST = 2


class Examples(NamedTuple):
    """Inputs (n, d), and their labels."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Sample:
    """What a run may see, and what it may not.

    Attributes:
        data: all examples drawn, those for choosing included.
        x: inputs that are trained and certified on, in the order of the pass.
        y: their labels.
        tune: examples for choosing among combinations, or None.
        test: examples that nothing else uses, or None.
        test_source: where these come from, a clause.
        test_copies: how many of them equal an example drawn.
        unlabelled: inputs whose labels nobody needs, and which nothing else uses, or None.
    """

    data: Dataset
    x: np.ndarray
    y: np.ndarray
    tune: Examples | None
    test: Examples | None
    test_source: str
    test_copies: int
    unlabelled: np.ndarray | None = None

    def conditions(self, examples: ExamplesOf) -> tuple[Condition, ...]:
        """What a certificate rests on whose examples are those ``drawn``, or those ``kept aside``."""
        if examples == "kept aside":
            words, copies = "of the examples kept aside equal an example drawn", self.test_copies
            return (declared(f"{copies} {words}, by chance and not by copying"),) if copies else ()
        words = f"{self.data.n} rows of {self.data.name}, drawn plainly at random and used in random order"
        conditions = [checked(words)]
        if copies := self.data.duplicates().redundant:
            words = f"{copies} of these rows equal another one, by chance and not by copying"
            conditions.append(declared(words))
        return tuple(conditions)


def draw_sample(ds: Dataset, n: int | None, plan: Plan) -> Sample:
    """``n`` rows of ``ds`` in the random order of the plan's seed, the first of them for choosing if it says so.

    Raises:
        SettingError: n is not an integer from 1 to the rows there are.
        DataError: the rows drawn hold one class only, or choosing leaves too few.
    """
    size = ds.n if n is None else n
    try:
        data = ds.subset(size, seed=plan.seed, stratified=False)
    except DataError:
        raise DataError(
            f"the {size} examples that seed {plan.seed} draws hold one class only, and train nothing. A certificate "
            "needs n and seed chosen before the examples are seen, so do not draw again until both classes are there; "
            "declare a larger n for a study of other examples"
        ) from None
    spent = 0 if plan.tune_on is None else int(plan.tune_on * data.n)
    if data.n - spent < _LEAST or (plan.tune_on is not None and spent < 2 * _LEAST):
        raise DataError(
            f"{data.n} examples are too few: {spent} would go into choosing and {data.n - spent} remain; take more "
            "with --n, or another share with --tune-on"
        )
    test, source = None, ""
    if ds.x_test is not None and ds.y_test is not None:
        test, source = Examples(ds.x_test, ds.y_test), f"the test part of {ds.name}"
    elif data.n < ds.n:
        rest = np.setdiff1d(np.arange(ds.n), plain_rows(ds.y, data.n, plan.seed))
        test, source = Examples(ds.x[rest], ds.y[rest]), f"the {rest.size} rows of {ds.name} that were not drawn"
    drawn = set() if test is None else set(row_digests(data.x))
    return Sample(
        data,
        x=data.x[spent:],
        y=data.y[spent:],
        tune=Examples(data.x[:spent], data.y[:spent]) if spent else None,
        test=test,
        test_source=source,
        test_copies=0 if test is None else sum(digest in drawn for digest in row_digests(test.x)),
    )
