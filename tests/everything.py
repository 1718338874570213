"""Every public function once, on one tiny problem: to see that surroundings change no result.

``calls(integer, real, several)`` passes its numbers through the three functions it is given, so that the same calls can
be made with Python's, NumPy's and JAX's numbers.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
import pandas as pd

import howwide as hw
from howwide import theory
from howwide.measure import facts
from howwide.networks import as_deep
from howwide.training import Budget, descend, prepare_inputs, prepare_problem, step_sizes
from howwide.training.batches import checkpoints_many
from howwide.width import WidthStudy
from howwide.width.tasks import study_of, task_of

ANGLES = np.linspace(0.1, 3.0, 14)
X = np.stack([np.cos(ANGLES), np.sin(ANGLES), 0.3 * np.cos(3 * ANGLES)], axis=1)
Y = np.where(np.sin(2.2 * ANGLES) > 0, 1, -1)
KEY = 3


def flat(value: Any) -> Any:
    """``value`` as nested dicts, lists and plain values that can be compared."""
    if isinstance(value, pd.DataFrame):
        return flat(value.drop(columns=["seconds"], errors="ignore").to_dict("list"))
    if isinstance(value, Mapping):
        return {str(k): flat(v) for k, v in value.items()}
    if hasattr(value, "_asdict"):
        return flat(value._asdict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: flat(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "seconds"}
    if hasattr(value, "tolist"):
        return flat(value.tolist())
    if isinstance(value, (list, tuple)):
        return [flat(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__


def calls(
    integer: Callable[[int], Any] = int,
    real: Callable[[float], Any] = float,
    several: Callable[[list[Any]], Any] = list,
) -> dict[str, Callable[[], Any]]:
    """What to call, by name; the results go through :func:`flat`."""
    i, r, a = integer, real, several
    ds = hw.data.from_arrays(X, Y, X[::2], Y[::2], constant=0.25)
    deep, fixed = hw.DeepReLU(width=i(6), depth=i(3), alpha=r(0.5)), hw.FixedHeadReLU(a([6, 6]))
    mistakes = np.array([0, 1] * 10)

    def key() -> Any:
        return jax.random.key(KEY)

    def data() -> Any:
        made = hw.data.from_arrays(X, Y, X[::2], Y[::2], constant=r(0.25))
        drawn = [made.subset(i(8), seed=i(1)).x, made.subset(i(9), seed=i(1), stratified=False).x]
        return [made.describe(), drawn, hw.measure.separation(ds.x, ds.y, block_size=i(5))]

    def signals(net: Any) -> Any:
        w = net.init(key(), i(ds.d))
        w64 = net.init(key(), ds.d, dtype="float64", antisymmetric=True)
        return [net, net.apply(w, ds.x), hw.layer_signals(net, w64, ds.x), net.default_step_size(r(2.0))]

    def descent(net: Any) -> Any:
        w, w64 = net.init(key(), ds.d), net.init(key(), ds.d, dtype="float64")
        spent = {"steps": i(25), "record_every": i(5), "hidden_constant": r(1.0)}
        rules = ("curvature", "theory", "ladder", "explicit", r(0.5))
        found = [hw.gradient_descent(net, w, ds.x, ds.y, step_size=s, target="zero-error", **spent) for s in rules]
        layers = a([1.0] * (len(w) - 1) + [0.5])
        return [*found, hw.gradient_descent(net, w64, ds.x, ds.y, loss="square", layer_factors=layers, **spent)]

    def diverging(net: Any) -> Any:
        w = net.init(key(), ds.d)
        return hw.gradient_descent(net, w, ds.x, ds.y, step_size=1e30, loss="square", steps=9)

    def stochastic(net: Any) -> Any:
        w, sizes = net.init(key(), ds.d), {"batch_size": i(4), "steps": i(9), "record_every": i(3)}
        passes = ({}, {"step_size": "curvature"}, {"block_size": i(4), "snapshots": a([3, 14])}, {"step_size": 1e30})
        found = [hw.one_pass_sgd(net, w, ds.x, ds.y, key=key(), **more) for more in passes]
        return [*found, hw.minibatch_sgd(net, w, ds.x, ds.y, key=key(), **sizes)]

    def kernels(net: Any) -> Any:
        w, w64 = net.init(key(), ds.d), net.init(key(), ds.d, dtype="float64")
        gram, limit = hw.tangent.gram(net, w64, ds.x, block_size=i(4)), hw.tangent.infinite_gram(net, ds.x)
        return [
            gram,
            limit,
            hw.tangent.gram(net, w64, ds.x, ds.x_test, per_layer=True),
            hw.tangent.gram(net, w, ds.x, dtype="float32"),
            hw.tangent.infinite_gram(net, ds.x, ds.x_test, per_layer=True, block_size=i(4)),
            hw.tangent.dense_jacobian(net, w64, ds.x),
            hw.tangent.relative_change(net, w64, tuple(1.1 * np.asarray(m) for m in w64), ds.x, block_size=i(4)),
            hw.tangent.kernel_predict(net, w64, ds.x, ds.y, ds.x_test, ridge=r(0.1), time=r(2.0)),
            hw.tangent.extreme_eigenvalues(gram, num_steps=i(10), seed=i(2), failure_probability=r(0.01)),
            hw.tangent.extreme_eigenvalues(gram, dense_limit=i(4), num_steps=i(6), tolerance=r(0.01)),
            hw.tangent.smallest_eigenvalue_bound(gram, near=r(0.01)),
            hw.tangent.alignment(gram, limit),
            hw.ntrf.kernel_margin(gram, ds.y, tolerance=r(0.05), max_steps=i(50)),
            hw.ntrf.margin_bounds(gram, ds.y),
        ]

    def balls(net: Any) -> Any:
        w, ball = net.init(key(), ds.d), {"tolerance": r(0.05), "max_steps": i(50)}
        return [
            hw.ntrf.loss(net, w, ds.x, ds.y, radius=r(2.0), **ball),
            hw.ntrf.loss(net, w, ds.x, ds.y, radius=i(2), ball="joint", **ball),
            hw.ntrf.path(net, w, ds.x, ds.y, radii=a([1.0, 2.0]), **ball),
            hw.ntrf.radius(net, w, ds.x, ds.y, eps=r(0.3), cap=r(1e4), **ball),
            hw.ntrf.radii(net, w, ds.x, ds.y, eps=a([0.5, 0.3]), **ball),
            hw.ntrf.network_radius(net, w, ds.x, ds.y, eps=r(0.5), tolerance=r(0.1), cap=r(1e3), steps=i(5)),
        ]

    def margins(net: Any) -> Any:
        w, ball = net.init(key(), ds.d), {"tolerance": r(0.05), "max_steps": i(50)}
        few = {"samples": i(500), "failure_probability": r(0.05), "tolerance": r(0.1), "max_steps": i(5), "seed": i(1)}
        return [
            hw.ntrf.margin(net, w, ds.x, ds.y, **ball),
            hw.ntrf.margin(net, w, ds.x, ds.y, offsets=True, ball="per-layer", **ball),
            hw.ntrf.feature_margin(net, w, ds.x, ds.y, tolerance=r(0.05)),
            hw.ntrf.shallow_margin(ds.x, ds.y, **few),
            hw.ntrf.sup_feature_margin(ds.x, ds.y, **few),
            hw.ntrf.infinite_feature_margin(ds.x, ds.y, hidden_layers=i(2), tolerance=r(0.05)),
        ]

    def measured() -> Any:
        parts = ("separation", "spectrum", "infinite", "ntrf", "radius")
        small = {"radii": a([1.0, 4.0]), "eps": a([0.5]), "tolerance": r(0.05), "seed": i(1)}
        return facts(deep, deep.init(key(), ds.d), ds.x, ds.y, parts=parts, **small)

    def many() -> Any:
        problem = prepare_problem(deep, deep.init(key(), ds.d), prepare_inputs(ds.x, ds.y))
        tries, budget = step_sizes("ladder", problem, hidden_constant=r(1.0)), Budget(i(9))
        return [descend(problem, tries, budget), list(checkpoints_many([problem], tries[:1], [[budget]]))]

    def other_weights() -> Any:
        shallow = hw.FixedHeadReLU(i(4), i(1))
        return as_deep(shallow, shallow.init(key(), ds.d), alpha=r(0.5))

    def search() -> Any:
        curve = hw.width.search(
            ds, n=a([8, 14]), depth=a([2]), steps=a([10, 20]), alpha=a([0.5]), label_noise=r(0.0), max_width=i(4),
            trials=i(12), round_size=i(6), precision=r(4.0), quantiles=a([0.5, 0.9]), level=r(0.9), seed=i(1),
            hidden_constant=r(1.0), target=["zero-error", "loss<=0.6"],
        )  # fmt: skip
        return [curve.table, curve.trials, [part.fit() for part in curve.parts()]]

    def stored() -> Any:
        settings = {"depth": i(2), "alpha": r(0.5), "steps": a([10]), "seed": i(4), "step_size": r(0.5)}
        [trial] = WidthStudy(n=i(8), label_noise=r(0.1), **settings).trial_settings()
        return task_of(study_of(ds, [trial]), trial, 8, 4, 0).text

    def certified(algorithm: str) -> Any:
        plan = hw.certify.Plan(
            algorithm=algorithm, width=a([4]), depth=i(2), alpha=r(0.5), step_constant=a([1.0]), steps=i(3),
            delta=r(0.1), seed=i(2),
        )  # fmt: skip
        curve = hw.certify.sample_complexity(ds, plan, n=a([8, 12]), seeds=i(2), floor=r(0.0))
        return [plan.described(), hw.certify.certify(ds, plan, n=i(12)).model_dump(), curve.values]

    def certificates() -> Any:
        w = deep.init(key(), ds.d)
        grid = {"radii": a([1.0]), "margins": a([0.5]), "draws": i(8), "key": key()}
        return [
            hw.certify.holdout(mistakes, delta=r(0.1)),
            hw.certify.progressive_validation(mistakes, delta=r(0.1)),
            hw.certify.online_to_batch(mistakes * 0.5, delta=r(0.1)),
            hw.certify.online_to_batch_prediction(r(0.1), r(2.0), i(100), depth=i(3), delta=r(0.1)),
            hw.certify.snapshot_suffix({int(i(4)): mistakes}, delta=r(0.1)),  # JAX numbers are no keys
            hw.certify.pac_bayes(deep, w, w, ds.x, ds.y, delta=r(0.1), draws=i(4), scales=a([0.1, 1.0]), key=key()),
            hw.certify.rademacher(deep, w, ds.x, ds.y, delta=r(0.1), **grid),
            hw.certify.fit_rate(a([8, 16, 32]), a([[0.3, 0.2, 0.1], [0.2, 0.1, 0.1]]), level=r(0.9)),
        ]

    def compared() -> Any:
        return hw.theorems.compare(
            ds, n=a([8, 12]), depth=i(3), width=i(6), alpha=r(0.5), target_loss=r(0.5), failure_probability=r(0.1),
            hidden_constant=r(2.0), seed=i(1), parts=("separation", "spectrum", "infinite", "antisymmetric"),
        ).required  # fmt: skip

    def by_theorem() -> Any:
        theorem = theory.get("chen-cao-zou-gu/iclr2021/thm-3.3")
        chosen = {"width": i(6), "depth": i(3), "target_loss": r(0.5), "max_steps": i(5), "seed": i(1)}
        run = hw.theorems.train(ds, theorem, **chosen)
        return [run.along, run.weights]

    def statistics() -> Any:
        counts = a([2, 4, 8]), a([0, 3, 6]), a([6, 6, 6])
        points = a([2.0, 3.0, 4.0, 5.0]), a([3.0, 4.0, 5.0, 6.0]), a([4.0, 5.0, 6.0, 7.0])
        design = hw.statistics.AdaptiveDesign(
            i(16), round_size=i(8), trials=i(400), quantiles=a([0.5]), precision=r(2.0), level=r(0.95)
        )
        return [
            hw.statistics.clopper_pearson(i(3), i(10), level=r(0.9)),
            hw.statistics.fit_response(*counts).threshold(r(0.5)),
            hw.statistics.isotonic_success(*counts),
            hw.statistics.compare_growth_laws(a([50, 100, 200, 400]), *points),
            design.next_round({}, r(4.0)),
            theory.Problem(n=i(10), depth=i(3), width=i(8), target_loss=r(0.1), radius=r(2.0)).as_dict(),
        ]

    of_a_network = (signals, descent, diverging, stochastic, kernels, balls, margins)
    both = {
        f"{f.__name__}, {n}": partial(f, net) for f in of_a_network for n, net in (("deep", deep), ("fixed", fixed))
    }
    alone = (data, measured, many, other_weights, search, stored, certificates, compared, by_theorem, statistics)
    return {
        **both,
        **{f.__name__: f for f in alone},
        **{f"certified, {name}": partial(certified, name) for name in ("sgd", "gd")},
    }


def differences(one: Any, other: Any, tolerance: float = 0.0, where: str = "") -> list[str]:
    """Where two results differ: in type, in a word, or in a number by more than ``tolerance`` relatively."""
    if type(one) is not type(other):
        return [f"{where}: {type(one).__name__} {one!r} and {type(other).__name__} {other!r}"]
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [f"{where}: keys {sorted(one.keys() ^ other.keys())}"]
        return [line for k in one for line in differences(one[k], other[k], tolerance, f"{where}.{k}")]
    if isinstance(one, list):
        if len(one) != len(other):
            return [f"{where}: {len(one)} and {len(other)} entries"]
        pairs = zip(one, other, strict=True)
        return [line for k, (x, y) in enumerate(pairs) for line in differences(x, y, tolerance, f"{where}[{k}]")]
    if isinstance(one, float):
        same = one == other or (math.isnan(one) and math.isnan(other))
        return (
            []
            if same or abs(one - other) <= tolerance * max(abs(one), abs(other), 1e-6)
            else [f"{where}: {one} {other}"]
        )
    return [] if one == other else [f"{where}: {one!r} {other!r}"]
