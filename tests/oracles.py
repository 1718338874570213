"""Independent float64 NumPy versions of the algorithms, from the papers' formulas; no code of the library is used."""

import numpy as np


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


def tangent_gram(net, weights, x):
    """Gram of the gradients of the outputs with respect to all trained weights, from explicit gradients."""
    rows = []
    for i in range(len(x)):
        # the loss derivative at margin z is -y / (1 + e^z); dividing it out leaves the gradient of f itself
        _, f, grads = forward_backward(net, weights, x[i : i + 1], np.ones(1))
        rows.append(np.concatenate([g.ravel() for g in grads]) * -(1 + np.exp(f[0])))
    rows = np.array(rows)
    return rows @ rows.T
