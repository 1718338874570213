"""What ``measure`` prints: every quantity between its ends."""

from howwide.results.base import Record

__all__ = ["Eigenvalue", "Ends", "MeasureResult", "NTRFPoint", "NetworkRadius", "RadiusFor", "SampledMargin", "Solved"]


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


class MeasureResult(Record):
    """Result of ``measure``; kernels are divided by the squared gradient scale; what was not asked for is null."""

    separation: dict[str, float | list[int] | None] | None
    initial: dict[str, float] | None
    trace: float | None
    lambda_min: Eigenvalue | None
    lambda_max: Eigenvalue | None
    lambda_min_infinite: Eigenvalue | None
    lambda_max_infinite: Eigenvalue | None
    margin: Solved | None
    margin_bounds: Ends | None
    margin_offset: Solved | None
    margin_per_layer: Solved | None
    margin_infinite: Solved | None
    margin_features: Solved | None
    margin_features_infinite: Solved | None
    margin_shallow: SampledMargin | None
    ntrf: list[NTRFPoint]
    radius_for: list[RadiusFor]
    network_radius_for: list[NetworkRadius]
    seconds: dict[str, float]
