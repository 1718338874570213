r"""The networks of the theory as a scikit-learn classifier.

:class:`DeepReLUClassifier` puts :class:`~howwide.DeepReLU` or :class:`~howwide.FixedHeadReLU`, trained by the
algorithms of the theorems, behind ``fit`` and ``predict``: for pipelines, cross-validation, grids over the width, and
one-against-rest problems. The theorems take unit inputs, so rows are brought to the sphere here, by default in
homogeneous coordinates

.. math:: x \mapsto (x, s) / \|(x, s)\|_2, \qquad s \text{ the (lower) median norm of the training rows},

which keep the length of x as an angle, give a row of zeros a direction, and leave the network the constant coordinate
that plays the part of a bias. Beside what scikit-learn asks for, nothing of the theory is computed here; ``net_``,
``weights_`` and ``unit_rows`` are what the rest of the library takes.
"""
# ruff: noqa: D416, DOC501 - numpydoc's section headings, as everywhere around scikit-learn, have no colon

import warnings
from typing import Any, Self

import jax
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from howwide import evaluate
from howwide.checks import check_choice
from howwide.data import Dataset, LabelMapping
from howwide.data.preparation import unit_rows
from howwide.errors import DataError, SettingError
from howwide.networks import DeepReLU, FixedHeadReLU, make_network
from howwide.results.width import WidthResult
from howwide.training import Status, StepSize, gradient_descent, one_pass_sgd, parse_target
from howwide.width.automatic import automatic_width

__all__ = ["DeepReLUClassifier"]

_RECORDS = 1000


class DeepReLUClassifier(ClassifierMixin, BaseEstimator):
    r"""Binary classifier by a deep ReLU network of the theory, trained as its theorems prescribe.

    Labels become -1 and +1 in the order of ``classes_``, the network is started from its paper's Gaussian law, and all
    the matrices its paper trains are trained on the average logistic loss. More than two classes:
    :class:`sklearn.multiclass.OneVsRestClassifier`.

    Parameters
    ----------
    width : int or "auto", default=64
        The width m of every hidden layer; even for the fixed-head network and for an antisymmetric start. ``"auto"``
        searches for the least width at which a start on the training data reaches the target within ``max_steps`` with
        probability ``auto_quantile``: it trains from up to ``auto_trials`` further starts at several widths, each on
        all of the training data, and takes the least width at which the next start succeeds with that probability,
        averaged over what the trials leave open (:mod:`howwide.width.automatic`). Then it trains as it would at that
        width. Gradient descent with a target alone.
    depth : int, default=5
        The number of weight matrices of the deep network, its output row included; of trained hidden layers of the
        fixed-head one.
    alpha : float, default=0.5
        The output of the deep network is scaled by ``width ** alpha``; in (0, 1/2].
    network : {"deep", "fixed-head"}, default="deep"
        Chen, Cao, Zou and Gu's network, all layers trained, or Zou, Cao, Zhou and Gu's, with a frozen head of signs.
    algorithm : {"gd", "sgd"}, default="gd"
        Full-batch gradient descent, or one pass of stochastic gradient descent with batch size 1 in a random order. One
        pass keeps the last iterate; the uniform draw that its theorem speaks of is what
        :func:`howwide.one_pass_sgd` returns.
    step_size : str or float, default="curvature"
        A number, or a rule. ``"curvature"``: one over the smoothness of the loss at the start, of the whole sample for
        gradient descent and of its steepest example for one pass. ``"theory"``: the network's own theorem.
        ``"explicit"``, ``"ladder"`` (gradient descent alone) and the rules of other papers as in
        :func:`howwide.gradient_descent`.
    hidden_constant : float, default=1.0
        The constant that the papers do not print, in the rules that have one; ``"curvature"`` has none.
    max_steps : int, default=1000
        The budget of gradient descent. One pass makes as many steps as there are examples.
    target : str or None, default="zero-error"
        Gradient descent stops at ``"zero-error"``, no training error, or ``"loss<=EPS"``, as in ``"loss<=0.1"``; with
        None it spends its budget. One pass ends with the data.
    antisymmetric : bool, default=False
        Start from two copies of the last hidden layer with opposite heads, so that f = 0.
    constant_coordinate : bool, default=True
        Append the constant ``scale_`` to every row before it is divided by its norm. False divides the rows as they
        are, which forgets their lengths, and refuses rows of zeros.
    warm_start : bool, default=False
        A further ``fit`` goes on from ``weights_``, with the same ``scale_``, instead of a new start.
    dtype : {"float32", "float64"}, default="float32"
        What training computes in. Predictions are computed in float64.
    random_state : int, RandomState instance or None, default=None
        Settles the start, the starts of the search, and the order of one pass.
    auto_quantile : float, default=0.9
        The success probability that ``width="auto"`` asks for.
    auto_trials : int, default=100
        The most starts that ``width="auto"`` tries; each costs at most ``max_steps`` steps for every step size of the
        rule.
    auto_max_width : int or None, default=None
        The largest width that ``width="auto"`` tries; None is that of a thousand weights an example, between 32 and
        1024.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels; the second is the one with f(x) > 0.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, where the training table had names.
    scale_ : float
        The constant coordinate before normalisation: the lower median of the norms of the training rows that are not
        zero; 1 if all are.
    width_ : int
        The width that was trained; if ``width="auto"`` found none that succeeds often enough, the largest one tried.
    width_interval_ : tuple of int or None
        After ``width="auto"`` the 95 % interval (lower, upper) of the least width whose success probability reaches
        ``auto_quantile``; an end that the trials leave open is None. With a given width None.
    width_search_ : WidthResult or None
        Trials, success rates and estimates of the search, as :func:`howwide.width.search` returns them.
    net_ : DeepReLU or FixedHeadReLU
        The network.
    weights_ : tuple of ndarray
        Its trained matrices, out-features first, in ``dtype``.
    status_ : Status
        How training ended: ``converged``, ``max_steps``, ``diverged`` or ``dead``; a pass that ended as it should has
        ``max_steps``.
    n_iter_ : int
        The number of steps made.
    loss_ : float
        The average logistic loss on the training data, at ``weights_``.
    error_ : float
        The share of training examples with ``y f(x) <= 0``.
    step_size_ : StepSize
        ``rule``, ``value``, and the ``hidden_constant`` that the value implies in the network's own theorem.
    loss_curve_ : ndarray
        The average loss at every step, of long runs at a thousand of them; for one pass the loss of every example
        before it was used.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from howwide.estimators import DeepReLUClassifier
    >>> X, y = make_moons(200, noise=0.1, random_state=0)
    >>> clf = DeepReLUClassifier(width=64, depth=3, target="loss<=0.1", random_state=0).fit(X, y)
    >>> str(clf.status_), clf.score(X, y)
    ('converged', 0.9...)
    """

    classes_: NDArray[Any]
    scale_: float
    width_: int
    width_interval_: tuple[int | None, int | None] | None
    width_search_: WidthResult | None
    net_: DeepReLU | FixedHeadReLU
    weights_: tuple[NDArray[Any], ...]
    status_: Status
    n_iter_: int
    loss_: float
    error_: float
    step_size_: StepSize
    loss_curve_: NDArray[Any]

    def __init__(
        self,
        *,
        width: int | str = 64,
        depth: int = 5,
        alpha: float = 0.5,
        network: str = "deep",
        algorithm: str = "gd",
        step_size: str | float = "curvature",
        hidden_constant: float = 1.0,
        max_steps: int = 1000,
        target: str | None = "zero-error",
        antisymmetric: bool = False,
        constant_coordinate: bool = True,
        warm_start: bool = False,
        dtype: str = "float32",
        random_state: Any = None,
        auto_quantile: float = 0.9,
        auto_trials: int = 100,
        auto_max_width: int | None = None,
    ) -> None:
        self.width = width
        self.depth = depth
        self.alpha = alpha
        self.network = network
        self.algorithm = algorithm
        self.step_size = step_size
        self.hidden_constant = hidden_constant
        self.max_steps = max_steps
        self.target = target
        self.antisymmetric = antisymmetric
        self.constant_coordinate = constant_coordinate
        self.warm_start = warm_start
        self.dtype = dtype
        self.random_state = random_state
        self.auto_quantile = auto_quantile
        self.auto_trials = auto_trials
        self.auto_max_width = auto_max_width

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train the network on examples of two classes.

        Warns with :class:`sklearn.exceptions.ConvergenceWarning` when training diverged, died, or spent its budget
        before the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Real numbers, dense and finite.
        y : array-like of shape (n_samples,)
            Labels of any kind, of two classes.

        Returns
        -------
        DeepReLUClassifier
            The fitted estimator.

        Raises
        ------
        SettingError
            A parameter outside its domain; like the next two a ``ValueError``.
        DataError
            Data that cannot be used.
        ShapeError
            A warm start from weights of other shapes.
        """
        check_choice(self.algorithm, "algorithm", ("gd", "sgd"))
        check_choice(self.dtype, "dtype", ("float32", "float64"))
        if isinstance(self.width, str):
            check_choice(self.width, "width", ("auto",))
            if self.algorithm != "gd" or self.target is None:
                raise SettingError(
                    "width='auto' searches by gradient descent for the target: use algorithm='gd' and a target, or "
                    "give a width"
                )
        else:
            self._network(self.width)
        parse_target(self.target)
        goes_on = self.warm_start and hasattr(self, "weights_")
        X, y = validate_data(self, X, y, dtype=np.float64, reset=not goes_on)

        check_classification_targets(y)
        classes = np.unique(y)
        if classes.size == 1:
            raise DataError(f"two classes are needed; y has 1 class, {classes[0]!r}")
        if classes.size > 2:  # the first sentence is the one scikit-learn looks for
            raise DataError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y)}. "
                f"y has {classes.size} classes: wrap the classifier in sklearn.multiclass.OneVsRestClassifier"
            )
        if goes_on and not np.array_equal(classes, self.classes_):
            raise DataError(f"a warm start needs the classes of the first fit, {self.classes_}; found {classes}")
        self.classes_ = classes
        signs = np.where(y == classes[1], 1.0, -1.0)
        if not goes_on:
            self.scale_ = _typical_norm(X)
        rows = self._on_sphere(X)

        key = jax.random.key(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        start_key, order_key, draw_key, search_key = (jax.random.fold_in(key, part) for part in range(4))
        if not isinstance(self.width, str):
            self.width_, self.width_interval_, self.width_search_ = self.width, None, None
        elif not goes_on:
            self.width_ = self._search(rows, signs, search_key)
        net = self._network(self.width_)
        if goes_on:
            start: Any = tuple(np.asarray(w, self.dtype) for w in self.weights_)
        else:
            start = net.init(start_key, rows.shape[1], antisymmetric=self.antisymmetric, dtype=self.dtype)
        choice: dict[str, Any] = {"step_size": self.step_size, "hidden_constant": self.hidden_constant}
        self.net_ = net
        if self.algorithm == "gd":
            choice |= {"target": self.target, "record_every": max(1, self.max_steps // _RECORDS)}
            run = gradient_descent(net, start, rows, signs, steps=self.max_steps, **choice)
            self.weights_, self.n_iter_, self.loss_curve_ = run.weights, run.steps, run.loss
            self.status_, self.step_size_ = run.status, run.step_size
            self.loss_, self.error_ = run.final_loss, run.final_error
        else:
            chosen = np.asarray(jax.random.permutation(order_key, signs.size))
            online = one_pass_sgd(net, start, rows[chosen], signs[chosen], key=draw_key, **choice)
            self.weights_, self.n_iter_, self.loss_curve_ = online.final_weights, signs.size, online.online_losses
            self.status_, self.step_size_ = online.status, online.step_size
            margins = evaluate.margins(net, self.weights_, rows, signs, dtype="float64")
            self.loss_, self.error_ = evaluate.mean_loss(margins), float(evaluate.mistakes(margins).mean())

        remedies = {
            Status.DIVERGED: "the loss is no longer finite: use a smaller step_size, or step_size='ladder'",
            Status.DEAD: "the last hidden layer is zero on every example and stays so: use a larger width, a smaller "
            "step_size or another random_state",
        }
        if self.algorithm == "gd" and self.target is not None:
            missed = f"training error {self.error_:.3g}, loss {self.loss_:.3g}"
            remedies[Status.MAX_STEPS] = (
                f"the target {self.target} was not reached ({missed}): raise max_steps or width"
            )
        if self.status_ in remedies:
            message = f"training ended {self.status_} after {self.n_iter_} steps; {remedies[self.status_]}"
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def _network(self, width: int) -> DeepReLU | FixedHeadReLU:
        return make_network(self.network, width, self.depth, self.alpha)

    def _search(self, rows: NDArray[np.float64], signs: NDArray[np.float64], key: jax.Array) -> int:
        """The width that ``width="auto"`` takes, and the attributes that say why."""
        found = automatic_width(
            Dataset("the training data", rows, signs, None, None, LabelMapping(("-1",), ("1",))),
            quantile=self.auto_quantile,
            trials=self.auto_trials,
            max_width=self.auto_max_width,
            seed=int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max)),
            network=self.network,
            depth=self.depth,
            alpha=None if self.network == "fixed-head" else self.alpha,
            steps=self.max_steps,
            step_size=self.step_size,
            hidden_constant=self.hidden_constant,
            target=str(self.target),
            antisymmetric=self.antisymmetric,
        )
        self.width_interval_ = found.point.width_lower, found.point.width_upper
        self.width_search_ = found.search
        if not found.reached:
            falls = " (success falls with width: wide networks run out of steps)" if found.falls else ""
            warnings.warn(
                f"no width up to {found.largest} was found at which {100 * self.auto_quantile:g} % of starts reach "
                f"{self.target} in {self.max_steps} steps{falls}; training at {found.width}. Raise max_steps, "
                "auto_max_width or auto_trials, use step_size='ladder', or lower auto_quantile",
                ConvergenceWarning,
                stacklevel=3,
            )
        return found.width

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Outputs f(x) of the network, in float64.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Real numbers, dense and finite.

        Returns
        -------
        ndarray of shape (n_samples,)
            f(x); positive for the second class.
        """
        rows = self.unit_rows(X)
        return evaluate.outputs(self.net_, self.weights_, rows, dtype="float64")

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Real numbers, dense and finite.

        Returns
        -------
        ndarray of shape (n_samples,)
            The second of ``classes_`` where f(x) > 0, else the first.
        """
        positive = self.decision_function(X) > 0
        return self.classes_[positive.astype(int)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        r"""Probabilities in the logistic model, :math:`1/(1 + e^{\mp f(x)})`; not calibrated.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Real numbers, dense and finite.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            A row for each example, in the order of ``classes_``.
        """
        f = self.decision_function(X)
        return np.column_stack([expit(-f), expit(f)])

    def unit_rows(self, X: Any) -> NDArray[np.float64]:
        """The rows that the network sees: what to measure ``net_`` and ``weights_`` on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Real numbers, dense and finite.

        Returns
        -------
        ndarray of shape (n_samples, n_features + 1), or (n_samples, n_features) without the constant coordinate
            Rows of norm 1.
        """
        check_is_fitted(self)
        return self._on_sphere(validate_data(self, X, dtype=np.float64, reset=False))

    def _on_sphere(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.constant_coordinate:
            return unit_rows(np.column_stack([X, np.full(X.shape[0], self.scale_)]))
        if not X.any(axis=1).all():
            raise DataError("X has rows of zeros, which have no direction; use constant_coordinate=True")
        return unit_rows(X)


def _typical_norm(X: NDArray[np.float64]) -> float:
    """The lower median of the norms of rows that are not zero, 1 if all are; finite for any finite rows."""
    with np.errstate(over="ignore"):
        norms = np.hypot.reduce(X, axis=1)  # hypot: squares neither overflow nor vanish
    positive = np.minimum(norms[norms > 0], np.finfo(np.float64).max)
    return float(np.quantile(positive, 0.5, method="lower")) if positive.size else 1.0
