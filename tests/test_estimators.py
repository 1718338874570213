"""The classifier behind scikit-learn's protocol: its own checks, its tools, and what the theory adds."""

import pickle
import time
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import jax
import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import howwide as hw
from howwide.errors import DataError, SettingError, ShapeError
from howwide.estimators import DeepReLUClassifier
from howwide.training import Status
from howwide.width.automatic import sufficient_width

# Targets are missed on purpose or by the nature of the data (random labels in scikit-learn's checks); the tests of the
# warning itself ask for it.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def moons() -> tuple[np.ndarray, np.ndarray]:
    return make_moons(120, noise=0.1, random_state=0)


@pytest.fixture(scope="module")
def fitted(moons: tuple[np.ndarray, np.ndarray]) -> DeepReLUClassifier:
    return small(max_steps=300).fit(*moons)


def small(**settings: Any) -> DeepReLUClassifier:
    return DeepReLUClassifier(**{"width": 32, "depth": 3, "max_steps": 50, "random_state": 0} | settings)


# ---------------------------------------------------------------------------------------------- scikit-learn's checks


# Every fit to another shape compiles its loops anew: the default run has all checks of one setting with few layers, and
# of the others those that train and that pickle.
CHECKS = parametrize_with_checks(
    [
        DeepReLUClassifier(depth=2),
        DeepReLUClassifier(algorithm="sgd", depth=2),
        DeepReLUClassifier(network="fixed-head", depth=2),
        DeepReLUClassifier(),
        DeepReLUClassifier(width="auto", depth=2, auto_trials=12, auto_max_width=16),
    ]
)
FIRST, QUICK = DeepReLUClassifier(depth=2), ("check_classifiers_train", "check_estimators_pickle")


def marked(estimator: DeepReLUClassifier, check: Any) -> Any:
    cheap = estimator.depth == 2 and estimator.width != "auto"
    quick = estimator.get_params() == FIRST.get_params() or (cheap and check.func.__name__ in QUICK)
    return pytest.param(estimator, check, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize(CHECKS.args[0], [marked(*pair) for pair in CHECKS.args[1]], **CHECKS.kwargs)
def test_check_estimator(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


def test_the_tags_say_two_classes_and_dense_input() -> None:
    tags = get_tags(DeepReLUClassifier())
    assert tags.estimator_type == "classifier"
    assert not tags.classifier_tags.multi_class
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan


# -------------------------------------------------------------------------------------------------- what it computes


def test_outputs_are_those_of_the_network_in_float64(
    fitted: DeepReLUClassifier, moons: tuple[np.ndarray, np.ndarray]
) -> None:
    """An independent transcription of the homogeneous coordinates and of f."""
    x, _ = moons
    rows = np.column_stack([x, np.full(len(x), np.sort(np.linalg.norm(x, axis=1))[59])])
    h = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    for w in fitted.weights_[:-1]:
        h = np.maximum(h @ w.astype(np.float64).T, 0)
    f = 32**0.5 * (h @ fitted.weights_[-1].astype(np.float64).T)[:, 0]
    found = fitted.decision_function(x)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, f, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fitted.predict_proba(x)[:, 1], 1 / (1 + np.exp(-f)), rtol=1e-10)
    assert fitted.predict_proba(x).dtype == np.float64
    np.testing.assert_allclose(fitted.predict_proba(x).sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_array_equal(fitted.predict(x), f > 0)


def test_attributes_describe_the_run(fitted: DeepReLUClassifier, moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    assert fitted.net_ == hw.DeepReLU(32, 3, 0.5)
    assert [w.shape for w in fitted.weights_] == [(32, 3), (32, 32), (1, 32)]
    assert all(w.dtype == np.float32 for w in fitted.weights_)
    assert fitted.step_size_.rule == "curvature"
    assert fitted.step_size_.value == pytest.approx(fitted.step_size_.hidden_constant * fitted.net_.default_step_size())
    assert len(fitted.loss_curve_) == fitted.n_iter_ + 1
    assert fitted.loss_curve_[-1] == pytest.approx(fitted.loss_)
    assert fitted.loss_curve_[0] > fitted.loss_
    margins = np.where(y == 1, 1, -1) * fitted.decision_function(x)
    assert fitted.loss_ == pytest.approx(np.logaddexp(0, -margins).mean(), rel=1e-4)
    assert fitted.error_ == pytest.approx(np.mean(margins <= 0), abs=1 / len(x))


def test_the_run_is_that_of_the_library(moons: tuple[np.ndarray, np.ndarray]) -> None:
    """Rows, start and step size of one fit, handed to the training function, give the same weights."""
    x, y = moons
    clf = small(target=None, max_steps=7).fit(x, y)
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    start = clf.net_.init(jax.random.fold_in(jax.random.key(seed), 0), 3)
    run = hw.gradient_descent(clf.net_, start, clf.unit_rows(x), 2 * y - 1, steps=7)
    for ours, theirs in zip(clf.weights_, run.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_pass_takes_each_example_once_in_a_random_order() -> None:
    """Sorted labels do not harm: the order is drawn."""
    x, y = make_moons(2000, noise=0.1, random_state=0, shuffle=False)
    clf = small(width=64, algorithm="sgd").fit(x, y)
    assert clf.n_iter_ == len(clf.loss_curve_) == 2000
    assert clf.status_ is Status.MAX_STEPS
    assert clf.step_size_.rule == "curvature"
    assert clf.score(x, y) > 0.85
    margins = np.where(y == 1, 1, -1) * clf.decision_function(x)
    assert clf.error_ == np.mean(margins <= 0)
    assert small(algorithm="sgd", step_size="theory").fit(x, y).step_size_.hidden_constant == 1


@pytest.mark.parametrize("algorithm", ["gd", "sgd"])
def test_the_same_random_state_gives_the_same_classifier(algorithm: str, moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    first, second, other = (small(algorithm=algorithm, random_state=s).fit(x, y) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.decision_function(x), second.decision_function(x))
    assert not np.array_equal(first.decision_function(x), other.decision_function(x))


def test_an_antisymmetric_start_begins_at_loss_log_2(moons: tuple[np.ndarray, np.ndarray]) -> None:
    assert small(antisymmetric=True).fit(*moons).loss_curve_[0] == pytest.approx(np.log(2), rel=1e-6)


def test_float64_training_refines_float32(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    single, double = (small(dtype=dtype, target=None).fit(x, y) for dtype in ("float32", "float64"))
    assert all(w.dtype == np.float64 for w in double.weights_)
    np.testing.assert_allclose(single.decision_function(x), double.decision_function(x), rtol=1e-2, atol=1e-3)


def test_a_long_run_records_a_thousand_losses(moons: tuple[np.ndarray, np.ndarray]) -> None:
    clf = small(width=4, max_steps=3000, target=None, random_state=3).fit(*moons)
    assert len(clf.loss_curve_) == clf.n_iter_ // 3 + 1


# --------------------------------------------------------------------------------------------------- inputs and scales


def test_unit_rows_have_norm_one_and_the_constant_keeps_lengths(fitted: DeepReLUClassifier) -> None:
    rows = fitted.unit_rows([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [1e300, -1e300]])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(rows[0], [0, 0, 1])
    assert rows[1, 2] > rows[2, 2] > rows[3, 2]
    assert rows.shape[1] == 3


@pytest.mark.parametrize("factor", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_a_common_factor_of_all_features_changes_nothing(factor: float, moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    x = x * 0.5**10  # room for the largest factor
    plain, scaled = small(target=None).fit(x, y), small(target=None).fit(factor * x, y)
    np.testing.assert_allclose(scaled.decision_function(factor * x), plain.decision_function(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("x", [np.zeros((4, 2)), np.full((4, 1), 1.7e308), np.full((4, 3), 5e-324)])
def test_degenerate_rows_are_fitted(x: np.ndarray) -> None:
    clf = small().fit(x, [0, 1, 0, 1])
    assert np.isfinite(clf.scale_)
    assert clf.scale_ > 0
    assert np.isfinite(clf.decision_function(x)).all()


def test_one_outlier_does_not_set_the_scale(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    x = np.vstack([x, [1e200, 1e200]])
    clf = small(width=64, max_steps=1000).fit(x, [*y, 0])
    assert clf.scale_ < 10
    assert clf.score(x, [*y, 0]) > 0.9


def test_a_single_feature_is_learned_from_its_size() -> None:
    x = np.linspace(1, 2, 80)[:, None]
    y = x[:, 0] > 1.4
    assert small(width=64, max_steps=2000).fit(x, y).score(x, y) > 0.95


def test_without_the_constant_rows_are_divided_by_their_norms(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    clf = small(constant_coordinate=False).fit(x, y)
    np.testing.assert_allclose(clf.unit_rows(x), x / np.linalg.norm(x, axis=1, keepdims=True), rtol=1e-12)
    assert clf.weights_[0].shape == (32, 2)
    np.testing.assert_allclose(clf.decision_function(7 * x), clf.decision_function(x), rtol=1e-9)
    with pytest.raises(DataError, match="constant_coordinate=True"):
        clf.predict([[0.0, 0.0]])
    with pytest.raises(DataError, match="rows of zeros"):
        small(constant_coordinate=False).fit([[0.0, 0.0], [1.0, 2.0]], [0, 1])


def test_more_features_than_rows() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 200))
    clf = small().fit(x, x[:, 0] > 0)
    assert clf.error_ == 0
    assert clf.score(x, x[:, 0] > 0) == 1
    assert clf.weights_[0].shape == (32, 201)


# --------------------------------------------------------------------------------------------------- statuses, misuse


@pytest.mark.parametrize(
    ("settings", "status", "remedy"),
    [
        ({"max_steps": 1}, "max_steps", "raise max_steps"),
        ({"step_size": 1e30}, "diverged", "smaller step_size"),
        ({"width": 2, "depth": 12, "max_steps": 5}, "dead", "larger width"),  # at the start
        ({"algorithm": "sgd", "step_size": 1e30}, "diverged", "smaller step_size"),
    ],
)
def test_a_run_that_ends_badly_warns_with_a_remedy(
    settings: dict[str, Any], status: str, remedy: str, moons: tuple[np.ndarray, np.ndarray]
) -> None:
    clf = small(**settings)
    with pytest.warns(ConvergenceWarning, match=remedy) as record:
        clf.fit(*moons)
    assert clf.status_ == status
    assert len(record) == 1
    assert record[0].filename == __file__
    assert "\n" not in str(record[0].message)


@pytest.mark.parametrize(
    "settings", [{"target": None}, {"target": "loss<=0.6", "max_steps": 500}, {"algorithm": "sgd"}]
)
def test_a_run_that_ends_as_asked_does_not_warn(settings: dict[str, Any], moons: tuple[np.ndarray, np.ndarray]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(**settings).fit(*moons)


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 0},
        {"width": 2.5},
        {"depth": 1},
        {"alpha": 0.6},
        {"network": "shallow"},
        {"network": "fixed-head", "width": 7},
        {"algorithm": "adam"},
        {"algorithm": "sgd", "step_size": "ladder"},
        {"step_size": "fast"},
        {"step_size": -1.0},
        {"hidden_constant": 0},
        {"max_steps": -1},
        {"target": "accuracy"},
        {"antisymmetric": True, "width": 7},
        {"dtype": "float16"},
        {"dtype": None},
    ],
)
def test_a_setting_outside_its_domain_is_refused_in_fit(
    settings: dict[str, Any], moons: tuple[np.ndarray, np.ndarray]
) -> None:
    with pytest.raises(SettingError):
        small(**settings).fit(*moons)


def test_more_or_fewer_than_two_classes_are_refused() -> None:
    x = np.eye(3)
    with pytest.raises(DataError, match="OneVsRestClassifier"):
        small().fit(x, ["a", "b", "c"])
    with pytest.raises(DataError, match="1 class"):
        small().fit(x, ["a", "a", "a"])


# ------------------------------------------------------------------------------------------------------- warm starts


def test_a_warm_start_goes_on_where_training_stopped(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    fixed = {"target": None, "step_size": 0.01}
    whole = small(max_steps=30, **fixed).fit(x, y)
    parts = small(max_steps=10, warm_start=True, **fixed).fit(x, y).fit(x, y).fit(x, y)
    np.testing.assert_allclose(parts.decision_function(x), whole.decision_function(x), rtol=1e-4, atol=1e-5)
    assert parts.scale_ == whole.scale_
    scale = parts.scale_
    assert parts.fit(2 * x, y).scale_ == scale, "the coordinates of the weights stay"


def test_a_warm_start_refuses_what_does_not_fit(moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    clf = small(warm_start=True).fit(x, y)
    with pytest.raises(ShapeError):
        clone(clf).fit(x, y).set_params(width=16).fit(x, y)
    with pytest.raises(DataError, match="warm start"):
        clf.fit(x, y + 1)
    with pytest.raises(ValueError, match="features"):
        clf.fit(x[:, :1], y)
    before = clf.decision_function(x)
    assert clf.fit(x, y).net_ == hw.DeepReLU(32, 3, 0.5)
    assert not np.array_equal(before, clf.decision_function(x))


# ------------------------------------------------------------------------------------------ scikit-learn's other tools


@pytest.mark.parametrize("settings", [{}, {"algorithm": "sgd"}, {"network": "fixed-head", "dtype": "float64"}])
def test_round_trips(settings: dict[str, Any], tmp_path: Path, moons: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = moons
    clf = small(**settings).fit(x, y)
    joblib.dump(clf, tmp_path / "clf.joblib")
    copies = [pickle.loads(pickle.dumps(clf)), joblib.load(tmp_path / "clf.joblib")]
    copies.append(joblib.load(tmp_path / "clf.joblib", mmap_mode="r"))
    for copy in copies:
        np.testing.assert_array_equal(copy.decision_function(x), clf.decision_function(x))
        assert copy.net_ == clf.net_
        assert copy.status_ is clf.status_
        assert copy.step_size_ == clf.step_size_
    unfitted = clone(clf)
    assert unfitted.get_params() == clf.get_params()
    assert not hasattr(unfitted, "weights_")


def test_a_grid_over_the_width_in_a_pipeline() -> None:
    x, y = (part[:568] for part in load_breast_cancer(return_X_y=True))  # halves of one size, which share a compilation
    pipeline = make_pipeline(StandardScaler(), small(depth=2, max_steps=100))
    grid = GridSearchCV(pipeline, {"deepreluclassifier__width": [4, 32]}, cv=2, error_score="raise").fit(x, y)
    assert grid.best_score_ > 0.95
    assert grid.best_estimator_[-1].net_.width == grid.best_params_["deepreluclassifier__width"]


def test_scores_of_cross_validation() -> None:
    x, y = (part[:567] for part in load_breast_cancer(return_X_y=True))  # thirds of one size
    pipeline = make_pipeline(StandardScaler(), small(depth=2, max_steps=100))
    assert cross_val_score(pipeline, x, y, cv=3, scoring="roc_auc", error_score="raise").min() > 0.97


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method: str) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), small(depth=2, max_steps=100))
    found = CalibratedClassifierCV(pipeline, method=method, cv=3).fit(x[::2], y[::2]).predict_proba(x[1::2])
    assert np.mean(found.argmax(axis=1) == y[1::2]) > 0.94
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_table_of_ten_features_of_different_sizes() -> None:
    """Shaped like the MAGIC gamma telescope's: skewed lengths, ratios and angles, and a curved border."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(2000, 10))
    y = np.where(hidden[:, 0] + hidden[:, 1] * hidden[:, 2] + 0.5 * hidden[:, 3] ** 2 > 0.3, "g", "h")
    scales = 10.0 ** np.array([4, 2, 1, 0, -2, -3, 2, 3, 1, -5])
    x = scales * np.where(np.arange(10) % 3 == 0, np.expm1(hidden / 2), hidden)
    half = len(x) // 2
    clf = make_pipeline(StandardScaler(), small(width=128, max_steps=300)).fit(x[:half], y[:half])
    assert clf.score(x[half:], y[half:]) > 0.82
    assert set(clf.predict(x)) == {"g", "h"}


def test_one_against_the_rest_on_ten_digits() -> None:
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
    several = OneVsRestClassifier(small(depth=2, max_steps=300)).fit(x, y)
    accuracy = several.score(x_test, y_test)
    print(f"digits, ten classes one against the rest: test accuracy {accuracy:.4f}")
    assert len(several.estimators_) == 10
    assert accuracy > 0.9


@pytest.mark.slow
def test_mnist_3_against_8_by_gradient_descent(shared_data: Path) -> None:
    with np.load(shared_data / "mnist_binary.npz") as arrays:
        x, y, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    network = DeepReLUClassifier(
        width=512, depth=3, step_size=0.1, max_steps=500, constant_coordinate=False, random_state=0
    )
    clf = make_pipeline(StandardScaler(with_std=False), network)
    begin = time.perf_counter()
    clf.fit(x, y)
    seconds = time.perf_counter() - begin
    error = 1 - clf.score(x_test, y_test)
    steps = clf[-1].n_iter_
    print(
        f"MNIST 3/8, n = {len(x)}, width 512, depth 3: test error {100 * error:.2f} %, {steps} steps, {seconds:.0f} s"
    )
    assert error < 0.015


# --------------------------------------------------------------------------------------------------- width="auto"


def automatic(**settings: Any) -> DeepReLUClassifier:
    few: dict[str, Any] = {"width": "auto", "depth": 2, "max_steps": 60, "auto_trials": 24, "auto_max_width": 8}
    return DeepReLUClassifier(**{**few, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def halves() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((20, 3))
    return x, np.where(x[:, 0] > 0, 1, 0)


@pytest.fixture(scope="module")
def searched(halves: tuple[np.ndarray, np.ndarray]) -> DeepReLUClassifier:
    return automatic(auto_quantile=0.5).fit(*halves)


def test_auto_takes_the_least_width_that_is_probably_enough(searched: DeepReLUClassifier) -> None:
    found = searched.width_search_
    assert found is not None
    assert set(found.trials["n"]) == {20}  # all examples; only starts are drawn
    assert 1 <= len(found.trials) <= 24
    assert searched.net_.width == searched.width_
    counts = found.trials.groupby("width")["success"].agg(["sum", "count"])
    fit = hw.statistics.fit_response(counts.index, counts["sum"], counts["count"], width_range=(0.5, 32))
    estimate = found.points[0].estimate
    assert searched.width_ == sufficient_width(fit, estimate, range(1, 9), quantile=0.5)
    assert estimate is not None
    assert estimate <= searched.width_ <= max(1.5 * estimate, estimate + 1)
    assert searched.width_interval_ == (found.points[0].width_lower, found.points[0].width_upper)


def test_a_given_width_has_no_search(fitted: DeepReLUClassifier) -> None:
    assert (fitted.width_, fitted.width_interval_, fitted.width_search_) == (32, None, None)


def test_auto_warns_where_no_width_reaches_the_target(halves: tuple[np.ndarray, np.ndarray]) -> None:
    clf = automatic(max_steps=1, step_size=1e-6)
    message = "no width up to 8 was found at which 90 % of starts reach zero-error in 1 steps.*Raise max_steps"
    with pytest.warns(ConvergenceWarning, match=message):
        clf.fit(*halves)
    assert clf.width_ == 8


def test_a_warm_start_goes_on_at_the_width_that_was_found(
    searched: DeepReLUClassifier, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    clf = deepcopy(searched).set_params(warm_start=True)
    width, search = clf.width_, clf.width_search_
    assert clf.fit(*halves).width_ == width
    assert clf.width_search_ is search


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"width": "wide"}, "width"),
        ({"algorithm": "sgd"}, "give a width"),
        ({"target": None}, "give a width"),
        ({"auto_quantile": 1.0}, "quantile"),
        ({"auto_trials": 0}, "trials"),
        ({"auto_max_width": 0}, "max_width"),
    ],
)
def test_auto_refuses_what_it_cannot_search_for(
    settings: dict[str, Any], reason: str, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    with pytest.raises(SettingError, match=reason):
        automatic(**settings).fit(*halves)
