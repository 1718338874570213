"""How many labels a network can fit: counts against brute force, widths against a second transcription, exponents."""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from mpmath import mp, mpf

import howwide as hw
from howwide import theory
from howwide.errors import SettingError
from howwide.theory.capacity import (
    Architecture,
    least_width,
    log2_binomial_sum,
    log2_halfspaces,
    log2_sign_patterns,
    log2_sign_vectors,
    vc_dimension,
)
from howwide.theory.magnitude import Magnitude, Undefined
from howwide.theory.memorisation import NO_BOUND, SAYS, SHOWN_FOR, SUPPLIES
from howwide.theory.papers import memorisation as module

# Permanent: a name may be added, never changed or taken away.
IDS = [
    "zhang-bengio-hardt-recht-vinyals/derived/no-biases",
    "bubeck-eldan-lee-mikulincer/neurips2020/general-position",
    "yun-sra-jadbabaie/neurips2019/thm-3.1",
    "park-lee-yun-shin/colt2021/thm-1",
    "vardi-yehudai-shamir/iclr2022/least-parameters",
    "vardi-yehudai-shamir/iclr2022/bounded-depth",
    "yang-yang/arxiv2026/width-depth",
    "bartlett-harvey-liaw-mehrabian/jmlr2019/thm-7",
    "bartlett-harvey-liaw-mehrabian/derived/sign-patterns",
]
ANY, GENERAL, YUN, PARK, VARDI, VARDI_DEPTH, YANG, VC, FLOOR = IDS
LINES = {m.id: m for m in theory.all_memorisation()}
SHAPE = theory.Problem(n=500, depth=5, input_dim=64, separation_all=0.2, failure_probability=0.05)


def patterns(x: np.ndarray, width: int, hidden: int, trained_head: bool, draws: int, seed: int = 0) -> set[bytes]:
    """Sign vectors without a zero that random weights give; the head of signs where it is frozen."""
    rng = np.random.default_rng(seed)
    h = np.broadcast_to(x.T, (draws, *x.T.shape))
    for layer in range(hidden):
        w = rng.standard_normal((draws, width, h.shape[1]))
        if layer == 0:
            w *= rng.exponential(1, (draws, width, 1)) ** rng.choice([1, 4])  # rows of very different lengths
        h = np.maximum(w @ h, 0)
    signs = np.sign(np.arange(width)[::-1] - width / 2 + 0.5)  # first half +1, second half -1
    head = rng.standard_normal((draws, width)) if trained_head else np.broadcast_to(signs, (draws, width))
    f = np.einsum("tm,tmn->tn", head, h)
    return {row.tobytes() for row in np.sign(f[(f != 0).all(axis=1)]).astype(np.int8)}


@pytest.mark.parametrize(
    ("n", "d", "width", "hidden", "trained"),
    [
        (6, 2, 1, 1, True),
        (8, 1, 3, 1, True),
        (9, 2, 2, 1, True),
        (10, 2, 3, 1, True),
        (9, 2, 2, 1, False),
        (8, 3, 2, 1, False),
        (9, 2, 2, 2, True),
        (12, 1, 2, 3, True),
        (9, 2, 2, 2, False),
    ],
)
def test_no_more_sign_patterns_are_found_than_counted(n: int, d: int, width: int, hidden: int, trained: bool) -> None:
    network = Architecture(d, hidden, trained)
    bound = log2_sign_patterns(network, width, n)
    assert bound <= n
    for inputs in (np.random.default_rng(n).standard_normal((n, d)), opposite(n, d)):
        found = len(patterns(inputs, width, hidden, trained, 40_000))
        assert math.log2(max(found, 1)) <= bound + 1e-9


def opposite(n: int, d: int) -> np.ndarray:
    """Inputs with their negatives, and one at 0: not in general position."""
    x = np.random.default_rng(1).standard_normal((n // 2, d))
    return np.concatenate([x, -x, np.zeros((n - 2 * (n // 2), d))])


def test_a_single_neuron_fits_two_labels_and_two_of_them_the_halfspaces() -> None:
    x = np.abs(np.random.default_rng(0).standard_normal((7, 2)))
    assert len(patterns(x, 1, 1, True, 20_000)) == 2 == 2 ** log2_sign_patterns(Architecture(2, 1), 1, 7)
    # heads (+, -) and (-, +) contain every homogeneous halfspace: a true count from below
    assert len(patterns(x, 2, 1, True, 40_000)) >= 2 ** log2_halfspaces(7, 2) - 1e-6


@pytest.mark.parametrize(("n", "d", "count"), [(4, 1, 2), (5, 2, 10), (6, 3, 32), (7, 4, 84), (5, 5, 32), (9, 4, 186)])
def test_halfspaces_are_covers_exact_count(n: int, d: int, count: int) -> None:
    """2 sum_{k<d} C(n-1, k) labels of points in general position by a linear function; all are constructed."""
    assert 2 ** log2_halfspaces(n, d) == pytest.approx(count)
    assert log2_halfspaces(3, 7) == 3
    x, found = np.random.default_rng(3).standard_normal((n, d)), set()
    for chosen in itertools.combinations(range(n), d - 1):  # every cell has an edge along d - 1 of the hyperplanes
        edge = np.linalg.svd(np.vstack([x[list(chosen)], np.zeros((1, d))]))[2][-1]
        for side, *signs in itertools.product((-1, 1), repeat=d):
            labels = side * np.sign(x @ edge)
            labels[list(chosen)] = signs
            found.add(labels.tobytes())
    assert len(found) == count


@pytest.mark.parametrize(
    ("polynomials", "variables", "degree"), [(3, 1, 2), (5, 1, 3), (4, 2, 1), (5, 2, 2), (4, 3, 2)]
)
def test_sign_vectors_of_polynomials_are_no_more_than_counted(polynomials: int, variables: int, degree: int) -> None:
    """Random polynomials on many random points; in one variable, products of roots that interlace reach ND + 1."""
    rng = np.random.default_rng(polynomials)
    powers = [p for p in itertools.product(range(degree + 1), repeat=variables) if sum(p) <= degree]
    points = rng.standard_normal((100_000, variables)) * rng.exponential(1, (100_000, 1)) * 2
    terms = np.stack([np.prod(points**p, axis=1) for p in powers])
    values = np.sign(rng.standard_normal((polynomials, len(powers))) @ terms)
    bound = log2_sign_vectors(polynomials, variables, degree)
    assert math.log2(len(np.unique(values, axis=1).T)) <= bound + 1e-9
    if variables == 1:
        roots = np.arange(polynomials * degree).reshape(degree, polynomials).T
        grid = np.arange(-0.5, polynomials * degree)
        signs = np.sign(np.prod(grid[None, None] - roots[:, :, None], axis=1))
        cells = len(np.unique(signs, axis=1).T)
        assert cells <= 2**bound + 1e-9


def test_binomial_sums() -> None:
    for total, most in [(0, 0), (5, 2), (10, 10), (10, 30), (512, 100), (400, 399)]:
        exact = sum(math.comb(total, i) for i in range(min(most, total) + 1))
        assert log2_binomial_sum(total, most) == pytest.approx(math.log2(exact))
    for total, most in [(600, 1), (600, 250), (5000, 77), (100_000, 3), (2000, 1000), (2000, 0)]:
        exact = sum(math.comb(total, i) for i in range(most + 1))
        bits = mp.log(exact, 2)
        assert bits - 1e-6 <= log2_binomial_sum(total, most) <= bits + 2 + mp.log(max(most, 1), 2)
    rising = [log2_binomial_sum(total, total // 5) for total in range(500, 530)]
    assert rising == sorted(rising)


def networks() -> Iterator[tuple[Architecture, int, int]]:
    for d, hidden, trained, width, n in itertools.product((1, 4, 60), (1, 2, 4), (True, False), (2, 6), (30, 700)):
        yield Architecture(d, hidden, trained), width, n


def test_the_count_is_never_above_the_product_of_bartlett_et_al() -> None:
    """Theorem 7: prod_l 2 (2 e n k_l l / W_l)^{W_l}, for n >= sum W_l."""
    compared = 0
    for network, width, _ in networks():
        weights = [network.weights(width, layer) for layer in range(1, network.hidden_layers + 1)]
        layers = [*zip([width] * len(weights), weights, strict=True), (1, network.parameters(width))]
        for n in (sum(w for _, w in layers), 20 * sum(w for _, w in layers)):
            product = mpf(0)
            for layer, (units, w) in enumerate(layers, 1):
                product += 1 + w * mp.log(2 * mp.e * n * units * layer / mpf(w), 2)
            assert log2_sign_patterns(network, width, n) <= min(product, n) + 1e-6
            compared += 1
    assert compared > 40


def exact_sum(total: int, most: int) -> Any:
    return mp.fsum(mp.binomial(total, i) for i in range(min(total, most) + 1))


def mp_sign_patterns(d: int, hidden: int, trained: bool, m: int, n: int) -> Any:
    """The count of :mod:`howwide.theory.capacity`, transcribed once more from its displayed formulas."""

    def cover(points: int, dim: int) -> Any:
        return 2 * exact_sum(points - 1, dim - 1)

    def vectors(number: int, variables: int, degree: int) -> Any:
        largest = mpf(2) ** number
        return min(largest, degree * mpf(2 * degree - 1) ** (variables - 1) * exact_sum(number, variables))

    count = cover(n, d) ** m
    for layer in range(2, hidden + 1):
        count *= vectors(n * m, d * m + (layer - 1) * m * m, layer)
    count *= cover(n, d * m) if hidden == 1 else vectors(n, d * m + (hidden - 1) * m * m, hidden)
    if trained:
        count = (m - 1) * count + 2
    return min(count, mpf(2) ** n)


def test_the_count_against_a_second_transcription() -> None:
    with mp.workdps(60):
        for d, hidden, trained, m, n in itertools.product((1, 3, 20), (1, 2, 3), (True, False), (2, 3), (12, 60, 150)):
            ours, exact = (
                log2_sign_patterns(Architecture(d, hidden, trained), m, n),
                mp.log(mp_sign_patterns(d, hidden, trained, m, n), 2),
            )
            assert ours == pytest.approx(float(exact), rel=1e-12), (d, hidden, trained, m, n)
        ours = log2_sign_patterns(Architecture(10, 1), 4, 1400)  # by the entropy: from above, and close
        exact = mp.log(mp_sign_patterns(10, 1, True, 4, 1400), 2)
        assert exact < ours < exact + 25


def mp_vc(d: int, hidden: int, trained: bool, m: int) -> Any:
    layers = hidden + 1
    weights = [d * m + (layer - 1) * m * m for layer in range(1, layers)]
    weights.append(weights[-1] + (m if trained else 0))
    units = sum(layer * (m if layer < layers else 1) for layer in range(1, layers + 1))
    return layers + sum(weights) * mp.log(4 * mp.e * units * mp.log(2 * mp.e * units, 2), 2)


def test_the_vc_dimension_against_a_second_transcription() -> None:
    for network, width, _ in networks():
        twin = mp_vc(network.input_dim, network.hidden_layers, network.trained_head, width)
        assert vc_dimension(network, width) == pytest.approx(float(twin), rel=1e-12)


def twin_width(id: str, n: int, d: int, hidden: int, trained: bool, phi: float, delta: float) -> int:
    """Least width by trying one after the other."""
    root = mp.sqrt(n)
    free: Callable[[int], Any] = lambda m: m if trained else m // 2  # noqa: E731
    weights: Callable[[int], Any] = lambda m: d * m + (hidden - 1) * m * m + (m if trained else 0)  # noqa: E731
    enough: dict[str, Callable[[int], bool]] = {
        ANY: lambda m: free(m) >= n,
        GENERAL: lambda m: free(m) >= 4 * mp.ceil(mpf(n) / d),
        YUN: lambda m: 4 * mp.floor(free(m) / mpf(4)) ** 2 >= n,
        PARK: lambda m: weights(m) >= d + mpf(n) ** (mpf(2) / 3) + mp.log(2 / mpf(phi)),
        VARDI: lambda m: weights(m) >= root,
        VARDI_DEPTH: lambda m: weights(m) >= mpf(n) / hidden,
        YANG: lambda m: free(m) ** 2 * hidden**2 >= n * mp.log(1 / mpf(phi)),
        VC: lambda m: mp_vc(d, hidden, trained, m) >= n,
        FLOOR: lambda m: mp_sign_patterns(d, hidden, trained, m, n) / mpf(2) ** n >= delta,
    }
    return next(m for m in itertools.count(1) if enough[id](m))


@pytest.mark.parametrize("id", IDS)
def test_widths_against_a_second_transcription(id: str) -> None:
    for n, d, hidden, trained in ((150, 3, 2, True), (40, 6, 3, True), (101, 2, 2, False), (75, 1, 1, True)):
        if hidden < LINES[id].hidden_layers:
            continue
        problem = replace(SHAPE, n=n, input_dim=d, depth=hidden + trained, network="deep" if trained else "fixed_head")
        twin = twin_width(id, n, d, hidden, trained, 0.2, 0.05)
        assert LINES[id].width(problem).value == pytest.approx(twin), (n, d, hidden, trained)
        assert LINES[id].least_width(problem) == twin


def test_parameters_are_those_of_the_networks() -> None:
    for depth, width, d in itertools.product((2, 3, 5), (2, 6), (1, 7)):
        deep = hw.DeepReLU(width, depth).init(jax.random.key(0), d)
        assert Architecture(d, depth - 1).parameters(width) == sum(w.size for w in deep)
        assert Architecture(d, depth - 1).parameters(width) == d * width + (depth - 2) * width**2 + width
        fixed = hw.FixedHeadReLU(width, depth).init(jax.random.key(0), d)
        assert Architecture(d, depth, trained_head=False).parameters(width) == sum(w.size for w in fixed)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_as_many_neurons_as_examples_fit_any_labels(depth: int) -> None:
    """Weights written down for the library's own network: W_1 at random, copies, and a head that solves."""
    rng = np.random.default_rng(depth)
    n, d = 14, 3
    x = rng.standard_normal((n, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = rng.choice([-1.0, 1.0], n)
    first = rng.standard_normal((n, d))
    hidden = np.maximum(x @ first.T, 0)
    head = np.linalg.solve(hidden, y)
    net = hw.DeepReLU(n, depth)
    with jax.enable_x64(True):
        weights = (first, *[np.eye(n)] * (depth - 2), head[None] / net.scale)
        assert np.asarray(net.apply(weights, x)) == pytest.approx(y, abs=1e-6)


@pytest.mark.parametrize("depth", [2, 4])
def test_separable_labels_are_fitted_at_width_two(depth: int) -> None:
    """sigma(w x) - sigma(-w x) = w x, below every line for any labels of as many points."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((200, 6)), rng.standard_normal(6)
    with jax.enable_x64(True):
        weights = (np.stack([w, -w]), *[np.eye(2)] * (depth - 2), np.array([[1.0, -1.0]]))
        f = np.asarray(hw.DeepReLU(2, depth).apply(weights, x))
    assert (np.sign(f) == np.sign(x @ w)).all()
    lines = [LINES[id].width(replace(SHAPE, n=200, input_dim=6, depth=depth)).value for id in (ANY, GENERAL)]
    assert min(v for v in lines if v is not None) > 2
    assert "width 2" in NO_BOUND


def test_what_suffices_for_any_labels_is_never_excluded() -> None:
    """The floor and the necessary width lie at or below widths that are known to fit every labelling."""
    for n, d, depth in itertools.product((5, 40, 600, 20_000), (1, 3, 50), (2, 3, 6)):
        problem = replace(SHAPE, n=n, input_dim=d, depth=depth)
        floor, some, enough = (LINES[id].width(problem).value or 1 for id in (FLOOR, VC, ANY))
        assert max(floor, some) <= enough
        # with a constant coordinate for the biases and one neuron more to carry them
        wider = replace(problem, input_dim=d + 1)
        assert (LINES[FLOOR].width(wider).value or 1) <= (LINES[GENERAL].width(problem).value or math.inf) + 1


def test_the_least_width_is_the_least() -> None:
    for id in IDS:
        supply = SUPPLIES[LINES[id].supply][1]
        for n, d, depth in ((700, 5, 3), (5000, 20, 3)):
            problem = replace(SHAPE, n=n, input_dim=d, depth=depth)
            network = Architecture.of(problem)
            assert network is not None
            width = round(LINES[id].width(problem).value or 0)
            need = LINES[id].need.at("width", problem, problem.hidden_layers).value
            assert need is not None
            assert supply(network, width, n) >= need * (1 - 1e-8)
            assert width == 1 or supply(network, width - 1, n) < need
    with pytest.raises(Undefined, match="1e60"):
        least_width(lambda m: 1.0, 2.0)


def test_supplies_rise_with_the_width_and_widths_with_n() -> None:
    for name, (_, supply) in SUPPLIES.items():
        for network, _, n in networks():
            values = [supply(network, m, n) for m in (*range(1, 40), 300, 10**6)]
            assert values == sorted(values), name
    for id in IDS:
        widths = [LINES[id].width(replace(SHAPE, n=n, depth=3, input_dim=9)).value or 0 for n in (30, 100, 511, 1400)]
        assert widths == sorted(widths)


@pytest.fixture
def without_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "log", lambda x: Magnitude(0.0))


@pytest.mark.parametrize(
    ("id", "powers"),
    [
        (ANY, {"n": 1}),
        (GENERAL, {"n": 1, "input_dim": -1}),
        (YUN, {"n": 0.5}),
        (PARK, {"n": 2 / 3}),
        (VARDI, {"n": 0.5}),
        (VARDI_DEPTH, {"n": 1, "depth": -1}),
        (YANG, {"n": 0.5, "depth": -1}),
        (VC, {"n": 1}),
        (FLOOR, {"n": 1}),
    ],
)
def test_exponents_of_what_is_needed(id: str, powers: dict[str, float], without_logarithms: None) -> None:
    base = replace(SHAPE, n=2**40, input_dim=16, depth=4, network="fixed_head")
    need = LINES[id].need

    def log10(problem: theory.Problem) -> float:
        found = need.at("width", problem, problem.hidden_layers).log10
        assert found is not None
        return found

    for fact in {*need.facts} - {"failure_probability", "separation_all"}:
        doubled = replace(base, **{fact: 2 * getattr(base, fact)})
        slope = (log10(doubled) - log10(base)) / math.log10(2)
        assert slope == pytest.approx(powers.get(fact, 0), abs=1e-5), fact


@pytest.mark.parametrize(("id", "power"), [(ANY, 1), (YUN, 1 / 2), (PARK, 1 / 3), (VARDI, 1 / 4), (VARDI_DEPTH, 1 / 2)])
def test_exponents_of_the_width_at_a_depth(id: str, power: float) -> None:
    """Weights grow like the square of the width where there are two hidden layers or more."""
    wide = [LINES[id].width(replace(SHAPE, n=n, input_dim=1)).log10 for n in (10**20, 10**24)]
    assert (wide[1] - wide[0]) / 4 == pytest.approx(power, abs=2e-3)  # type: ignore[operator]


def test_the_floor_grows_like_n_over_d_and_falls_with_depth() -> None:
    """About n bits over d log n bits a neuron at depth 2; a deeper network has more weights."""
    floors = {n: LINES[FLOOR].width(replace(SHAPE, n=n, depth=2, input_dim=10)).value for n in (400, 4000, 40_000)}
    assert floors[400] == 4
    assert floors[4000] is not None
    assert floors[40_000] is not None
    assert 5 < floors[4000] / 4 < 10
    assert 5 < floors[40_000] / floors[4000] < 10
    deeper = [LINES[FLOOR].width(replace(SHAPE, n=4000, depth=depth, input_dim=10)).value for depth in (2, 3, 5)]
    assert deeper == sorted(deeper, reverse=True)
    assert deeper[-1] is not None
    assert deeper[-1] > 1


def test_statuses_name_what_is_missing() -> None:
    assert LINES[YUN].width(replace(SHAPE, depth=2)).status == "not_stated"
    assert "at least 2 hidden layers" in LINES[YUN].width(replace(SHAPE, depth=2)).reason
    assert LINES[PARK].width(replace(SHAPE, separation_all=0.0)).status == "infinite"
    assert LINES[PARK].width(replace(SHAPE, separation_all=None)).missing == ("separation_all",)
    assert LINES[YANG].width(replace(SHAPE, separation_all=1.2)).status == "undefined"
    assert LINES[ANY].width(theory.Problem(n=9)).missing == ("depth", "input_dim")
    assert LINES[FLOOR].width(replace(SHAPE, n=3)).status == "zero"
    assert LINES[FLOOR].least_width(replace(SHAPE, n=3)) is None
    assert LINES[VARDI].width(SHAPE, 1e300).status == "undefined"
    ends = LINES[PARK].width(replace(SHAPE, input_dim=2, separation_all=theory.Interval(1e-30, 1.0))).ends
    assert ends is not None
    assert ends[0] < ends[1]


def test_every_line_is_complete() -> None:
    assert [m.id for m in theory.all_memorisation()] == IDS
    assert not {t.id for t in theory.all_theorems()} & set(IDS)
    for m in theory.all_memorisation():
        assert m.says in SAYS
        assert m.shown_for in SHOWN_FOR
        assert m.supply in SUPPLIES
        assert m.tag in theory.TAGS
        assert ("/derived/" in m.id) == m.tag.startswith("D")
        assert m.year == m.reference.year
        assert all((m.title, m.number, m.guarantee, m.known, m.gaps, m.own_network))
        document = json.loads(json.dumps(m.as_dict(), allow_nan=False))
        assert document["says"] == SAYS[m.says]
        assert m.width(SHAPE).is_prediction == (m.need.relation == "order")
        with pytest.raises(SettingError, match="memorisation"):
            theory.get(m.id)
    assert [m.id for m in theory.all_memorisation() if m.says == "random"] == [FLOOR]
    assert {m.id for m in theory.all_memorisation() if m.shown_for == "deeper"} == {PARK, VARDI}
