"""Independent float64 NumPy versions of the algorithms, from the papers' formulas; no code of the library is used.

Beside them what they are fed with: unit inputs with random signs, and weights drawn from the papers' laws.
"""

import numpy as np


def examples(n, d, seed=0):
    """Uniform directions in R^d, one row an example, and random labels of both signs."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    y = np.where(rng.permutation(n) % 2, 1.0, -1.0)
    return x / np.linalg.norm(x, axis=1, keepdims=True), y


def start(net, d, seed=0):
    """Weights N(0, 2/m_l), with an output row N(0, 1/m) where the network trains one, in float64."""
    rng = np.random.default_rng(seed)
    fans = (d, *net.hidden_widths)
    shapes = list(zip(net.hidden_widths, fans[:-1], strict=True))
    weights = [rng.standard_normal(shape) * np.sqrt(2 / shape[0]) for shape in shapes]
    if type(net).__name__ == "DeepReLU":
        weights.append(rng.standard_normal((1, net.width)) / np.sqrt(net.width))
    return tuple(weights)


def forward_backward(net, weights, x, y):
    """Average logistic loss, outputs and gradients, example by example in the plain chain rule."""
    deep = type(net).__name__ == "DeepReLU"
    hidden = list(weights[:-1]) if deep else list(weights)
    half = 0 if deep else hidden[-1].shape[0] // 2
    head = weights[-1].ravel() if deep else np.array([1.0] * half + [-1.0] * half)
    factor = net.width**net.alpha if deep else 1.0
    layers = [x.T]
    for w in hidden:
        layers.append(np.where(w @ layers[-1] > 0, w @ layers[-1], 0.0))
    f = factor * (head @ layers[-1])
    loss = np.log1p(np.exp(-y * f)).mean()
    c = -y / (1 + np.exp(y * f)) / len(y)
    back = factor * np.outer(head, c) * (layers[-1] > 0)
    grads = []
    for index in range(len(hidden) - 1, -1, -1):
        grads.insert(0, back @ layers[index].T)
        back = (hidden[index].T @ back) * (layers[index] > 0)
    if deep:
        grads.append(factor * (c @ layers[-1].T)[None])
    return loss, f, grads


def outputs(net, weights, x):
    """f(x), one number a row."""
    return forward_backward(net, weights, x, np.ones(len(x)))[1]


def gradient_descent(net, weights, x, y, eta, steps):
    """Losses at W^(0)..W^(steps), and the last weights."""
    weights = [np.array(w, np.float64) for w in weights]
    losses = []
    for step in range(steps + 1):
        loss, _, grads = forward_backward(net, weights, x, y)
        losses.append(loss)
        if step < steps:
            weights = [w - eta * g for w, g in zip(weights, grads, strict=True)]
    return np.array(losses), weights


def one_pass_sgd(net, weights, x, y, eta):
    """Online margins, and all iterates W^(0)..W^(n)."""
    iterates, margins = [[np.array(w, np.float64) for w in weights]], []
    for i in range(len(y)):
        _, f, grads = forward_backward(net, iterates[-1], x[i : i + 1], y[i : i + 1])
        margins.append(y[i] * f[0])
        iterates.append([w - eta * g for w, g in zip(iterates[-1], grads, strict=True)])
    return np.array(margins), iterates


def output_gradients(net, weights, x):
    """For every example the gradients of f with respect to all trained matrices: one list of matrices an example."""
    rows = []
    for i in range(len(x)):
        # the loss derivative at margin z is -y / (1 + e^z); dividing it out leaves the gradient of f itself
        _, f, grads = forward_backward(net, weights, x[i : i + 1], np.ones(1))
        rows.append([-(1 + np.exp(f[0])) * g for g in grads])
    return rows


def tangent_gram(net, weights, x):
    """Gram of the gradients of the outputs with respect to all trained weights, from explicit gradients."""
    rows = np.array([np.concatenate([g.ravel() for g in grads]) for grads in output_gradients(net, weights, x)])
    return rows @ rows.T
