"""Square loss, minibatches, layer factors, parametrisations and the rules of papers, against NumPy and autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oracles
from howwide.errors import DataError, SettingError
from howwide.losses import LOGISTIC, SQUARE, get_loss
from howwide.networks import JI_TELGARSKY, NTK, DeepReLU, FixedHeadReLU, as_deep
from howwide.training import (
    Observation,
    gradient_descent,
    minibatch_sgd,
    one_pass_sgd,
    prepare_inputs,
    prepare_problem,
    step_sizes,
)

NETS = [DeepReLU(10, 4), DeepReLU(9, 3, 0.25), FixedHeadReLU(8, 3), FixedHeadReLU((6, 10))]
ETA = 0.02


def examples(n: int = 14, d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(7)
    x = draw.normal(size=(n, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True), np.where(draw.random(n) < 0.5, -1.0, 1.0)


def start(net, d: int = 6):
    return [np.asarray(w) for w in net.init(jax.random.key(3), d, dtype=np.float64)]


def square_gradients(net, weights, x, y):
    """Average of (y - f)^2 / 2 and its gradients, from the oracle's gradients of f."""
    f = np.array([oracles.forward_backward(net, weights, x[i : i + 1], y[i : i + 1])[1][0] for i in range(len(y))])
    grads = [np.zeros_like(w) for w in weights]
    for i in range(len(y)):
        # with label 1 the logistic derivative is -1 / (1 + e^f): dividing by it leaves the gradient of f
        _, out, logistic = oracles.forward_backward(net, weights, x[i : i + 1], np.ones(1))
        for g, part in zip(grads, logistic, strict=True):
            g += (f[i] - y[i]) * part * -(1 + np.exp(out[0])) / len(y)
    return ((y - f) ** 2).mean() / 2, grads


@pytest.mark.parametrize("net", NETS, ids=str)
def test_gradient_descent_on_the_square_loss(net) -> None:
    x, y = examples()
    weights, losses = start(net), []
    run = gradient_descent(net, weights, x, y, loss="square", step_size=ETA, steps=30)
    for _ in range(30):
        value, grads = square_gradients(net, weights, x, y)
        losses.append(value)
        weights = [w - ETA * g for w, g in zip(weights, grads, strict=True)]
    np.testing.assert_allclose(run.loss[:30], losses, rtol=1e-10)
    for got, wanted in zip(run.weights, weights, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_one_pass_on_the_square_loss() -> None:
    net, (x, y) = NETS[0], examples()
    weights = start(net)
    run = one_pass_sgd(net, weights, x, y, loss="square", step_size=ETA, block_size=5, key=jax.random.key(0))
    for i in range(len(y)):
        value, grads = square_gradients(net, weights, x[i : i + 1], y[i : i + 1])
        assert run.online_losses[i] == pytest.approx(value, rel=1e-10)
        weights = [w - ETA * g for w, g in zip(weights, grads, strict=True)]
    for got, wanted in zip(run.final_weights, weights, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", [LOGISTIC, SQUARE], ids=lambda loss: loss.name)
def test_slope_and_smoothness_of_a_loss(loss) -> None:
    with jax.enable_x64(True):
        margins = jnp.linspace(-4, 4, 81)
        slope = jax.vmap(jax.grad(lambda z: loss.value(z)))(margins)
        second = jax.vmap(jax.grad(lambda z: loss.slope(z)))(margins)
        np.testing.assert_allclose(loss.slope(margins), slope, atol=1e-12)
        assert float(jnp.max(second)) == pytest.approx(loss.smoothness, abs=1e-12)


def test_an_unknown_loss_is_refused() -> None:
    assert get_loss("square") is SQUARE
    with pytest.raises(SettingError, match="unknown loss 'hinge'"):
        get_loss("hinge")


@pytest.mark.parametrize("net", NETS, ids=str)
@pytest.mark.parametrize("d", [6, 20])
def test_minibatch_steps_are_those_of_the_drawn_batches(net, d: int) -> None:
    x, y = examples(d=d)
    weights, key = start(net, d), jax.random.key(11)
    run = minibatch_sgd(net, weights, x, y, batch_size=5, step_size=ETA, steps=25, record_every=10, key=key)
    losses = []
    for t in range(25):
        if t % 10 == 0:
            losses.append(oracles.forward_backward(net, weights, x, y)[0])
        with jax.enable_x64(True):
            chosen = np.asarray(jax.random.choice(jax.random.fold_in(key, t), len(y), (5,), replace=False))
        assert len(set(chosen.tolist())) == 5
        _, _, grads = oracles.forward_backward(net, weights, x[chosen], y[chosen])
        weights = [w - ETA * g for w, g in zip(weights, grads, strict=True)]
    np.testing.assert_allclose(run.loss, losses, rtol=1e-10)
    assert (run.steps, run.status, run.recorded_steps.tolist()) == (25, "max_steps", [0, 10, 20])
    for got, wanted in zip(run.weights, weights, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-11)


def test_a_batch_of_everything_is_gradient_descent() -> None:
    net, (x, y) = NETS[0], examples()
    full = gradient_descent(net, start(net), x, y, steps=40)
    batch = minibatch_sgd(net, start(net), x, y, batch_size=len(y), steps=40, record_every=1, key=jax.random.key(0))
    np.testing.assert_allclose(batch.loss, full.loss, rtol=1e-9)


def test_minibatch_stops_where_it_looks() -> None:
    net, (x, y) = DeepReLU(32, 3), examples()
    run = minibatch_sgd(
        net, start(net), x, y, batch_size=4, steps=5000, target="zero-error", record_every=7, key=jax.random.key(0)
    )
    assert run.status == "converged"
    assert run.steps % 7 == 0
    assert run.final_error == 0
    margins = y * np.asarray(net.apply(run.weights, x))
    assert (margins > 0).all()


def test_an_observer_of_minibatches_changes_nothing() -> None:
    """It is called where the whole sample is evaluated, and at the end."""
    net, (x, y) = NETS[0], examples()
    choice = {"batch_size": 5, "step_size": ETA, "steps": 25, "key": jax.random.key(1)}
    seen: list[Observation] = []
    run = minibatch_sgd(net, start(net), x, y, **choice, observer=seen.append, observe_at=[0, 4, 11, 25])
    plain = minibatch_sgd(net, start(net), x, y, **choice)
    assert [one.step for one in seen] == [0, 10, 20, 25]
    assert [one.loss for one in seen] == [*run.loss, run.final_loss]
    for one in seen:
        stopped = minibatch_sgd(net, start(net), x, y, **choice | {"steps": one.step})
        assert [w.tobytes() for w in one.weights] == [w.tobytes() for w in stopped.weights]
    assert [w.tobytes() for w in run.weights] == [w.tobytes() for w in plain.weights]
    assert (run.loss.tobytes(), run.error.tobytes()) == (plain.loss.tobytes(), plain.error.tobytes())


@pytest.mark.parametrize("size", [0, 15, 2.5, True])
def test_a_batch_has_1_to_n_examples(size) -> None:
    net, (x, y) = NETS[0], examples()
    with pytest.raises(SettingError, match="batch_size must be a whole number"):
        minibatch_sgd(net, start(net), x, y, batch_size=size, key=jax.random.key(0))


def test_minibatches_have_no_ladder() -> None:
    net, (x, y) = NETS[0], examples()
    with pytest.raises(SettingError, match="one step size"):
        minibatch_sgd(net, start(net), x, y, batch_size=3, step_size="ladder", key=jax.random.key(0))


def scaled_descent(function, parameters, x, y, eta, steps):
    """Plain gradient descent by autodiff on the average logistic loss of ``function(parameters, x)``."""
    with jax.enable_x64(True):
        objective = jax.jit(jax.grad(lambda p: jnp.mean(jnp.logaddexp(0.0, -y * function(p, x)))))
        parameters = tuple(jnp.asarray(p) for p in parameters)
        for _ in range(steps):
            parameters = tuple(p - eta * g for p, g in zip(parameters, objective(parameters), strict=True))
        return [np.asarray(p) for p in parameters], np.asarray(function(parameters, x))


def ntk_deep(net):
    def function(p, x):
        h = x
        for theta in p[:-1]:
            h = jnp.sqrt(2 / net.width) * jax.nn.relu(h @ theta.T)
        return net.width ** (net.alpha - 0.5) * (h @ p[-1][0])

    return function


def li(net):
    def function(p, x):
        h = x
        for theta, m in zip(p, net.hidden_widths, strict=True):
            h = jnp.sqrt(2 / m) * jax.nn.relu(h @ theta.T)
        return h @ jnp.asarray(net.head)

    return function


def ji_telgarsky(net):
    return lambda p, x: jax.nn.relu(x @ p[0].T) @ jnp.asarray(net.head) / jnp.sqrt(net.hidden_widths[0])


CONVERSIONS = [
    (NTK, DeepReLU(10, 4), ntk_deep),
    (NTK, DeepReLU(9, 3, 0.25), ntk_deep),
    (NTK, FixedHeadReLU(8, 3), li),
    (NTK, FixedHeadReLU((6, 10)), li),
    (JI_TELGARSKY, FixedHeadReLU(12, 1), ji_telgarsky),
]


@pytest.mark.parametrize(
    ("scaling", "net", "function"),
    CONVERSIONS,
    ids=lambda part: getattr(part, "name", None) or getattr(part, "__name__", str(part)),
)
def test_converters_keep_the_function_and_ten_steps(scaling, net, function) -> None:
    x, y = examples()
    weights, eta = start(net), 0.3
    parameters = scaling.parameters(net, weights)
    with jax.enable_x64(True):
        at_start = np.asarray(function(net)(tuple(jnp.asarray(p) for p in parameters), x))
    np.testing.assert_allclose(at_start, np.asarray(net.apply(weights, x)), rtol=1e-12, atol=1e-12)
    for back, given in zip(scaling.weights(net, parameters), weights, strict=True):
        np.testing.assert_allclose(back, given, rtol=1e-15)
    theirs, outputs = scaled_descent(function(net), parameters, x, y, eta, 10)
    run = gradient_descent(
        net, weights, x, y, step_size=eta, steps=10, layer_factors=scaling.layer_factors(net), pad=False
    )
    np.testing.assert_allclose(np.asarray(net.apply(run.weights, x)), outputs, rtol=1e-9, atol=1e-9)
    for got, wanted in zip(run.weights, scaling.weights(net, theirs), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.25, 0.5])
@pytest.mark.parametrize("depth", [1, 3])
def test_a_fixed_head_network_as_a_deep_one(depth: int, alpha: float) -> None:
    x, y = examples()
    fixed = FixedHeadReLU(8, depth)
    weights = start(fixed)
    deep, converted, factors = as_deep(fixed, weights, alpha=alpha)
    assert (deep.depth, factors[-1]) == (depth + 1, 0.0)
    np.testing.assert_allclose(np.asarray(deep.apply(converted, x)), np.asarray(fixed.apply(weights, x)), atol=1e-12)
    one = gradient_descent(fixed, weights, x, y, step_size=0.05, steps=10)
    two = gradient_descent(deep, converted, x, y, step_size=0.05, steps=10, layer_factors=factors)
    for got, wanted in zip(two.weights[:-1], one.weights, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(two.weights[-1], converted[-1])


def test_conversions_that_do_not_exist() -> None:
    with pytest.raises(SettingError, match="depth 1"):
        JI_TELGARSKY.layer_factors(FixedHeadReLU(8, 2))
    with pytest.raises(SettingError, match="one width"):
        as_deep(FixedHeadReLU((4, 6)), start(FixedHeadReLU((4, 6))))


@pytest.mark.parametrize("factors", [(1.0,), (1, 1, -1, 1), (0, 0, 0, 0), (1, 1, 1, np.inf)])
def test_layer_factors_are_one_number_a_matrix(factors) -> None:
    net, (x, y) = NETS[0], examples()
    with pytest.raises(SettingError, match="layer factors must be 4 numbers"):
        gradient_descent(net, start(net), x, y, layer_factors=factors)


def test_curvature_knows_the_loss_and_the_layer_factors() -> None:
    net, (x, y) = DeepReLU(10, 4), examples()
    weights, factors = start(net), (0.5, 2.0, 0.0, 3.0)
    rows = []
    for i in range(len(y)):
        _, f, grads = oracles.forward_backward(net, weights, x[i : i + 1], np.ones(1))
        rows.append([g.ravel() * -(1 + np.exp(f[0])) for g in grads])
    gram = sum(c * np.array([r[k] for r in rows]) @ np.array([r[k] for r in rows]).T for k, c in enumerate(factors))
    largest = np.linalg.eigvalsh(gram / len(y))[-1]
    inputs = prepare_inputs(x, y)
    for loss, numerator in (("logistic", 4.0), ("square", 1.0)):
        problem = prepare_problem(net, weights, inputs, loss=loss, layer_factors=factors)
        assert step_sizes("curvature", problem)[0].value == pytest.approx(numerator / largest, rel=1e-3)


def test_the_papers_rules() -> None:
    x, y = examples()
    n, m = len(y), 12
    distances = [np.linalg.norm(x[i] - x[j]) for i in range(n) for j in range(i)]
    cosines = np.clip(x @ x.T, -1, 1)
    np.fill_diagonal(cosines, 1)
    smallest = np.linalg.eigvalsh(cosines * (np.pi - np.arccos(cosines)) / (2 * np.pi))[0]
    wanted = {
        "theory": (1, 3 / m),
        "zou-gu": (1, 3 / m),
        "allen-zhu": (1, 3 * min(distances) / (n**3 * m)),
        "du": (1, 3 * smallest / (n * m)),
        "ji-telgarsky": (1, 3 / m),
        "li": (3, 3 * 8 / (15 * m)),
    }
    for rule, (depth, value) in wanted.items():
        net = FixedHeadReLU(m, depth)
        problem = prepare_problem(net, start(net), prepare_inputs(x, y), loss="square")
        found = step_sizes(rule, problem, hidden_constant=3.0)[0]
        assert (found.rule, found.value) == (rule, pytest.approx(value, rel=1e-9))


def test_rules_that_do_not_apply() -> None:
    x, y = examples()
    deep = prepare_problem(NETS[0], start(NETS[0]), prepare_inputs(x, y))
    with pytest.raises(SettingError, match="is for FixedHeadReLU"):
        step_sizes("li", deep)
    two = FixedHeadReLU(8, 2)
    with pytest.raises(SettingError, match="one hidden layer"):
        step_sizes("du", prepare_problem(two, start(two), prepare_inputs(x, y)))
    twice = prepare_inputs(np.concatenate([x, x[:1]]), np.concatenate([y, y[:1]]))
    one = FixedHeadReLU(8, 1)
    for rule in ("allen-zhu", "du"):
        with pytest.raises(DataError, match=rule):
            step_sizes(rule, prepare_problem(one, start(one), twice))
    square = prepare_problem(NETS[0], start(NETS[0]), prepare_inputs(x, y), loss="square")
    with pytest.raises(SettingError, match="explicit belongs to the logistic loss"):
        step_sizes("explicit", square)
