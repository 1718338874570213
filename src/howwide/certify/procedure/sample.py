"""The examples of a certified run: a plain random subset in random order, and what is kept apart from it.

A subset that keeps the share of positives is not an independent sample, and rows in the order of a file may be sorted;
so the rows are permuted, always, and never stratified. Test rows come with the data; where there are none, the rows
that the subset left out serve.
"""

from dataclasses import dataclass

import numpy as np

from howwide.certify.certificate import Condition
from howwide.certify.procedure.plan import Plan
from howwide.data import Dataset
from howwide.data.duplicates import row_digests
from howwide.data.subsets import plain_rows
from howwide.errors import DataError

__all__ = ["Sample", "draw_sample"]

_LEAST = 2


@dataclass(frozen=True)
class Sample:
    """What a run may see, and what it may not.

    Attributes:
        data: all examples drawn, those for choosing included.
        x: inputs that are trained and certified on, in the order of the pass.
        y: their labels.
        x_tune: inputs for choosing among combinations, or None.
        y_tune: their labels.
        x_test: inputs that nothing else uses, or None.
        y_test: their labels.
        test_source: where these come from, a clause.
        test_copies: how many of them equal an example drawn.
    """

    data: Dataset
    x: np.ndarray
    y: np.ndarray
    x_tune: np.ndarray | None
    y_tune: np.ndarray | None
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    test_source: str
    test_copies: int

    def conditions(self, name: str) -> tuple[Condition, ...]:
        """What the certificate ``name`` on this sample rests on; holdout has examples of its own."""
        if name == "holdout":
            words, copies = "of the examples kept aside equal an example drawn", self.test_copies
            return (Condition(f"{copies} {words}, by chance and not by copying", "declared"),) if copies else ()
        words = f"{self.data.n} rows of {self.data.name}, drawn plainly at random and used in random order"
        found = [Condition(words, "checked")]
        if copies := self.data.duplicates().redundant:
            words = f"{copies} of these rows equal another one, by chance and not by copying"
            found.append(Condition(words, "declared"))
        return tuple(found)


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
    x_test, y_test, source = _held_out(ds, data.n, plan.seed)
    return Sample(
        data,
        x=data.x[spent:],
        y=data.y[spent:],
        x_tune=data.x[:spent] if spent else None,
        y_tune=data.y[:spent] if spent else None,
        x_test=x_test,
        y_test=y_test,
        test_source=source,
        test_copies=0 if x_test is None else _shared(x_test, data.x),
    )


def _shared(rows: np.ndarray, others: np.ndarray) -> int:
    """How many of ``rows`` are also among ``others``, bit by bit."""
    known = set(row_digests(others))
    return sum(digest in known for digest in row_digests(rows))


def _held_out(ds: Dataset, n: int, seed: int) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    if ds.x_test is not None and ds.y_test is not None:
        return ds.x_test, ds.y_test, f"the test part of {ds.name}"
    if n == ds.n:
        return None, None, ""
    rest = np.setdiff1d(np.arange(ds.n), plain_rows(ds.y, n, seed))
    return ds.x[rest], ds.y[rest], f"the {rest.size} rows of {ds.name} that were not drawn"
