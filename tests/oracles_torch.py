"""The same training in PyTorch with its own automatic derivatives; no code of the library and none of ``oracles``."""

import torch
from torch.nn import functional

torch.set_num_threads(1)  # matrices of ten rows: more threads only wait for each other


def outputs(net, weights, x):
    """f(x) of either network, written with PyTorch's layers."""
    deep = type(net).__name__ == "DeepReLU"
    h = x
    for w in weights[:-1] if deep else weights:
        h = torch.relu(functional.linear(h, w))
    if deep:
        return float(net.width) ** net.alpha * functional.linear(h, weights[-1])[:, 0]
    half = h.shape[1] // 2
    return h[:, :half].sum(1) - h[:, half:].sum(1)


def gradient_descent(net, weights, x, y, eta, steps):
    """Losses at W^(0)..W^(steps), and the last weights, in float64."""
    weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in weights]
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    losses = []
    for step in range(steps + 1):
        loss = functional.soft_margin_loss(outputs(net, weights, x), y)
        losses.append(loss.item())
        if step < steps:
            grads = torch.autograd.grad(loss, weights)
            weights = [(w - eta * g).detach().requires_grad_() for w, g in zip(weights, grads, strict=True)]
    return losses, [w.detach().numpy() for w in weights]
