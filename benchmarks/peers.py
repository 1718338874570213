"""The same steps in PyTorch, in the ways people write them.

Every contender does what the library's loop does in a step: it evaluates loss and training error, keeps both, compares
them with the target, and updates all matrices. What is left out is to PyTorch's advantage: no check for dead networks,
no number of steps as data, and in batches no stop for nets that are done.
"""

import contextlib
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch
from setting import Setting
from torch import nn
from torch.nn import functional

__all__ = ["autograd", "bmm", "by_hand", "hand_loop", "looped", "processes", "vmapped"]

Step = Callable[[], tuple[torch.Tensor, torch.Tensor]]
"""Makes one step; gives loss and error before it."""

Run = Callable[[], float]

_TARGET = 0.0, 0.0


def _repeated(step: Step, steps: int) -> Run:
    losses: list[float] = []
    errors: list[float] = []

    def run() -> float:
        losses.clear()
        errors.clear()
        for _ in range(steps):
            loss, error = step()
            losses.append(loss.item())
            errors.append(error.item())
            if losses[-1] <= _TARGET[0] and errors[-1] <= _TARGET[1]:
                break
        return losses[-1]

    return run


def _data(setting: Setting) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = setting.data()
    return torch.from_numpy(x), torch.from_numpy(y)


def _autograd_step(setting: Setting, seed: int, *, compiled: bool) -> Step:
    x, y = _data(setting)
    layers: list[nn.Module] = []
    for w in setting.starts()[seed]:
        layers += [nn.Linear(w.shape[1], w.shape[0], bias=False), nn.ReLU()]
        layers[-2].weight.data = torch.tensor(w)
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=setting.step_size)

    def evaluate() -> tuple[torch.Tensor, torch.Tensor]:
        margins = y * (setting.scale * model(x).squeeze(1))
        return functional.softplus(-margins).mean(), (margins.detach() <= 0).float().mean()

    evaluated = torch.compile(evaluate, dynamic=False) if compiled else evaluate

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        optimizer.zero_grad()
        loss, error = evaluated()
        loss.backward()
        optimizer.step()
        return loss.detach(), error

    return step


def autograd(setting: Setting, steps: int, *, seed: int = 0, compiled: bool = False) -> Run:
    """Modules, ``loss.backward()`` and ``torch.optim.SGD``; ``compiled`` compiles the evaluation and its derivative."""
    return _repeated(_autograd_step(setting, seed, compiled=compiled), steps)


def _hand_step(setting: Setting, seed: int, *, compiled: bool) -> Step:
    x, y = _data(setting)
    *hidden, last = [torch.tensor(w) for w in setting.starts()[seed]]
    head = last[0].clone()
    scale, eta = setting.scale, setting.step_size

    def update(
        hidden: list[torch.Tensor], head: torch.Tensor, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        activations = [x]
        for w in hidden:
            activations.append((activations[-1] @ w.T).relu_())
        margins = y * (scale * (activations[-1] @ head))
        slopes = torch.sigmoid(-margins) * y * (-scale / len(y))
        signal = torch.outer(slopes, head).mul_(activations[-1] > 0)
        head.addmv_(activations[-1].T, slopes, alpha=-eta)
        for l in range(len(hidden) - 1, 0, -1):
            below = (signal @ hidden[l]).mul_(activations[l] > 0)
            hidden[l].addmm_(signal.T, activations[l], alpha=-eta)
            signal = below
        hidden[0].addmm_(signal.T, x, alpha=-eta)
        return functional.softplus(-margins).mean(), (margins <= 0).float().mean()

    made = torch.compile(update, dynamic=False) if compiled else update

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return made(hidden, head, x, y)

    return step


def by_hand(setting: Setting, steps: int, *, seed: int = 0, compiled: bool = False) -> Run:
    """Derivatives written out, updates fused into the products (``addmm_``), activations in place."""
    return _repeated(_hand_step(setting, seed, compiled=compiled), steps)


def looped(contender: Callable[..., Run], setting: Setting, steps: int) -> Run:
    """One net after the other."""
    runs = [contender(setting, steps, seed=k) for k in range(setting.seeds)]

    def run() -> float:
        return sum(one() for one in runs) / len(runs)

    return run


def _stacked(setting: Setting) -> list[torch.Tensor]:
    return [torch.stack([torch.tensor(w) for w in layer]) for layer in zip(*setting.starts(), strict=True)]


def bmm(setting: Setting, steps: int, *, wide_first: bool = False, compiled: bool = False) -> Run:
    """All nets at once by hand, with batched products.

    Args:
        setting: what is trained.
        steps: the steps of a call.
        wide_first: the first layers of all nets as one wide product; the data are shared.
        compiled: compile the step.
    """
    x, y = _data(setting)
    *hidden, head = _stacked(setting)  # (s, m, d), (s, m, m), ..., (s, 1, m)
    scale, eta, (n, d) = setting.scale, setting.step_size, x.shape
    seeds, m = setting.seeds, setting.m
    many_x = x.expand(seeds, n, d)

    def update(
        hidden: list[torch.Tensor], head: torch.Tensor, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if wide_first:
            first = (x @ hidden[0].view(seeds * m, d).T).relu_().view(n, seeds, m).transpose(0, 1)
        else:
            first = torch.bmm(many_x, hidden[0].mT).relu_()
        activations = [x, first]
        for w in hidden[1:]:
            activations.append(torch.bmm(activations[-1], w.mT).relu_())
        margins = y * (scale * torch.bmm(activations[-1], head.mT).squeeze(2))
        slopes = (torch.sigmoid(-margins) * y * (-scale / n)).unsqueeze(2)
        signal = (slopes * head).mul_(activations[-1] > 0)
        head.baddbmm_(slopes.mT, activations[-1], alpha=-eta)
        for l in range(len(hidden) - 1, 0, -1):
            below = torch.bmm(signal, hidden[l]).mul_(activations[l] > 0)
            hidden[l].baddbmm_(signal.mT, activations[l], alpha=-eta)
            signal = below
        if wide_first:
            flat = signal.transpose(0, 1).reshape(n, seeds * m)
            hidden[0].view(seeds * m, d).addmm_(flat.T, x, alpha=-eta)
        else:
            hidden[0].baddbmm_(signal.mT, many_x, alpha=-eta)
        losses, errors = functional.softplus(-margins).mean(1), (margins <= 0).float().mean(1)
        return losses, errors, ((losses <= _TARGET[0]) & (errors <= _TARGET[1])).all()

    made = torch.compile(update, dynamic=False) if compiled else update
    return _all_nets(lambda: made(hidden, head, x, y), steps)


def vmapped(setting: Setting, steps: int, *, compiled: bool = False) -> Run:
    """``torch.func``: vmap of the gradient of the loss of one net."""
    x, y = _data(setting)
    weights = tuple(_stacked(setting))

    def evaluate(weights: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        h = x
        for w in weights[:-1]:
            h = torch.relu(functional.linear(h, w))
        margins = y * (setting.scale * functional.linear(h, weights[-1]).squeeze(1))
        loss = functional.softplus(-margins).mean()
        return loss, (loss.detach(), (margins.detach() <= 0).float().mean())

    gradients = torch.func.vmap(torch.func.grad(evaluate, has_aux=True))

    def update(weights: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        grads, (losses, errors) = gradients(weights)
        for w, g in zip(weights, grads, strict=True):
            w.sub_(g, alpha=setting.step_size)
        return losses, errors, ((losses <= _TARGET[0]) & (errors <= _TARGET[1])).all()

    made = torch.compile(update, dynamic=False) if compiled else update
    return _all_nets(lambda: made(weights), steps)


def _all_nets(update: Callable[[], tuple[torch.Tensor, torch.Tensor, torch.Tensor]], steps: int) -> Run:
    def run() -> float:
        records = []
        for _ in range(steps):
            with torch.no_grad():
                losses, errors, done = update()
            records.append((losses, errors))
            if done.item():
                break
        return float(records[-1][0].mean())

    return run


def processes(contender: Callable[..., Run], setting: Setting, steps: int, cores: int) -> Run:
    """The nets shared out among ``cores`` processes of one thread each, which all run ``contender``."""
    context = multiprocessing.get_context("spawn")
    pipes = []
    for part in setting.shared_out(cores):
        here, there = context.Pipe()
        context.Process(target=_serve, args=(there, contender, part, steps), daemon=True).start()
        pipes.append((here, part.seeds))

    def run() -> float:
        for pipe, _ in pipes:
            pipe.send(None)
        return sum(pipe.recv() * seeds for pipe, seeds in pipes) / setting.seeds

    return run


def _serve(pipe: Connection, contender: Callable[..., Run], setting: Setting, steps: int) -> None:
    torch.set_num_threads(1)
    run = contender(setting, steps)
    with contextlib.suppress(EOFError):  # the benchmark has ended
        while True:
            pipe.recv()
            pipe.send(run())


def hand_loop(setting: Setting, steps: int) -> Run:
    """:func:`by_hand` for every net in turn."""
    return looped(by_hand, setting, steps)
