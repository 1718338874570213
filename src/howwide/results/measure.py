"""What ``measure`` finds: every quantity between its ends."""

from typing import Annotated, Any

from howwide.results.base import Record, Result, Stored, not_printed

__all__ = [
    "Eigenvalue", "Ends", "Initial", "MeasureResult", "NTRFPoint", "NetworkRadius", "RadiusFor", "SampledMargin",
    "Separation", "Solved",
]  # fmt: skip


class Ends(Record):
    """A number between certified ends; null where an end is not known."""

    lower: float | None
    upper: float | None


class Solved(Ends):
    """Ends of the value of a problem, and how its solution ended."""

    status: str


class Eigenvalue(Solved):
    """An extreme eigenvalue; ``level`` is 1 for certain ends, less where one holds with that probability."""

    residual: float | None
    level: float


class SampledMargin(Solved):
    """A margin estimated by sampling: both ends hold with probability ``level``; ``kernel_upper`` for certain."""

    level: float
    kernel_upper: float | None


class NTRFPoint(Solved):
    """The least linearised loss in balls of one radius."""

    radius: float
    steps: int


class RadiusFor(Solved):
    """The least radius at which the linearised loss is at most eps."""

    eps: float


class NetworkRadius(Record):
    """A radius at which the network itself has every example's loss below eps: an upper bound with a witness."""

    eps: float
    upper: float | None
    largest_loss: float | None
    source: str | None
    status: str


class Separation(Record):
    """Least distances of two inputs, across labels and of all, and the rows that have them."""

    across: float | None
    all: float | None
    across_pair: list[int] | None
    all_pair: list[int] | None


class Initial(Record):
    """At the given weights: the average logistic loss, and the largest ``|f(x_i)|``."""

    loss: float
    largest_output: float


class MeasureResult(Result, verbs=("measure",)):
    """What was measured; null, or empty, for what was not. Kernels are divided by the squared gradient scale.

    Attributes:
        separation: least distances of the inputs.
        initial: loss and outputs at the given weights.
        trace: of the tangent Gram.
        lambda_min: its least eigenvalue; ``lambda_max`` its largest.
        lambda_min_infinite: of the infinite-width kernel; ``lambda_max_infinite`` its largest.
        margin: gamma of Assumption 4.1.
        margin_bounds: sqrt(lambda_min/n) and sqrt(y'Ky)/n, between which gamma lies.
        margin_offset: the inverse of the least joint radius at which every linearised margin is 1.
        margin_per_layer: for balls of radius 1 in every layer.
        margin_infinite: gamma of the infinite-width kernel.
        margin_features: of the last hidden layer's features.
        margin_features_infinite: of their infinite-width kernel.
        margin_shallow: the sup-norm margin, by sampling.
        ntrf: the loss against the radius.
        radius_for: R(eps) on the linearised network.
        network_radius_for: upper bounds of the radius on the network itself.
        seconds: time of every part.
        spectra: all eigenvalues of the kernels whose spectra were computed whole, a column a kernel.
        solutions: what the numbers were read from, by field: margins with directions, radii with weights, spectra.
    """

    separation: Separation | None = None
    initial: Initial | None = None
    trace: float | None = None
    lambda_min: Eigenvalue | None = None
    lambda_max: Eigenvalue | None = None
    lambda_min_infinite: Eigenvalue | None = None
    lambda_max_infinite: Eigenvalue | None = None
    margin: Solved | None = None
    margin_bounds: Ends | None = None
    margin_offset: Solved | None = None
    margin_per_layer: Solved | None = None
    margin_infinite: Solved | None = None
    margin_features: Solved | None = None
    margin_features_infinite: Solved | None = None
    margin_shallow: SampledMargin | None = None
    ntrf: tuple[NTRFPoint, ...] = ()
    radius_for: tuple[RadiusFor, ...] = ()
    network_radius_for: tuple[NetworkRadius, ...] = ()
    seconds: dict[str, float]
    spectra: Annotated[Any, Stored("spectrum.csv")] = not_printed()
    solutions: dict[str, Any] = not_printed(dict)
