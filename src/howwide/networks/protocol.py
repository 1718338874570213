"""What training and measurement need to know of a network.

Both networks are the same machine: hidden ReLU layers and a linear head, times a scale,

    f(x) = scale * head . s(W_H ... s(W_1 x)),

and differ in whether the head is trained. Everything that works on signals is written once, for this form.
"""

from typing import Any, Protocol

import jax

from howwide.errors import ShapeError

__all__ = ["Network", "Weights", "check_weights"]

Weights = tuple[jax.Array, ...]
"""Weight matrices in order, out-features first. Any arrays are accepted where weights go in."""


class Network(Protocol):
    """A network of the theory: a frozen record of numbers, without weights."""

    @property
    def trains_head(self) -> bool:
        """Whether the last weight matrix is the trained head."""

    @property
    def scale(self) -> float:
        """The factor in front of the head."""

    @property
    def gradient_scale(self) -> float:
        """The order of gradient norms: K / gradient_scale^2 has a limit, and radius R means R / gradient_scale."""

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers, input side first."""

    def parts(self, weights: Any) -> tuple[tuple[Any, ...], Any]:
        """The hidden matrices, and the head as a vector of the last hidden width."""

    def apply(self, weights: Any, x: Any) -> jax.Array:
        """Outputs f_W(x), shape (n,)."""

    def default_step_size(self, hidden_constant: float = 1.0) -> float:
        """The step size of the network's own theorem."""


def check_weights(weights: Any, shapes: tuple[tuple[int, int], ...]) -> None:
    """Refuse weights whose shapes are not ``shapes``; an input dimension of -1 matches any.

    Raises:
        ShapeError: number or shapes of the matrices differ.
    """
    given = tuple(tuple(getattr(w, "shape", ())) for w in weights)
    fits = len(given) == len(shapes) and all(
        len(g) == 2 and g[0] == s[0] and s[1] in (g[1], -1) for g, s in zip(given, shapes, strict=True)
    )
    if not fits:
        wanted = ", ".join(f"({s[0]}, {'d' if s[1] < 0 else s[1]})" for s in shapes)
        got = ", ".join(str(g) for g in given)
        raise ShapeError(f"weights do not fit the network: expected ({wanted}), out-features first; got ({got})")
