"""Measured facts as the exchange record that ``howwide measure`` prints."""

import math
from typing import Any

from howwide.measure.facts import Facts
from howwide.ntrf import SolveStatus

__all__ = ["as_record"]


def as_record(found: Facts) -> dict[str, Any]:
    """The fields of :class:`howwide.results.MeasureResult`."""
    spectra = {"": found.spectrum, "_infinite": found.spectrum_infinite}
    margins = ("", "_offset", "_per_layer", "_infinite", "_features", "_features_infinite")
    return {
        "separation": _separation(found),
        "initial": {"loss": found.initial_loss, "largest_output": found.largest_output},
        "trace": found.spectrum and found.spectrum.trace,
        **{f"lambda_min{k}": s and _eigenvalue(s.smallest) for k, s in spectra.items()},
        **{f"lambda_max{k}": s and _eigenvalue(s.largest) for k, s in spectra.items()},
        **{f"margin{k}": _ends(getattr(found, f"margin{k}")) for k in margins},
        "margin_bounds": found.margin_bounds and dict(zip(("lower", "upper"), found.margin_bounds, strict=True)),
        "margin_shallow": _sampled(found),
        "ntrf": [] if found.ntrf is None else found.ntrf.table.to_dict("records"),
        "radius_for": [{"eps": r.eps, **_solved(r)} for r in found.radius_for],
        "network_radius_for": [
            {"eps": r.eps, "upper": r.upper, "largest_loss": r.loss, "source": r.source, "status": str(r.status)}
            for r in found.network_radius_for
        ],
        "seconds": found.seconds,
    }


def _solved(value: Any) -> dict[str, Any]:
    """Ends and status. What is infinite for certain has no ends, and its status says so."""
    if value.status == SolveStatus.UNREACHABLE:  # its lower end is where the search stops
        return {"lower": None, "upper": None, "status": str(value.status)}
    infinite = value.lower is not None and math.isinf(value.lower)
    return {"lower": value.lower, "upper": value.upper, "status": "infinite" if infinite else str(value.status)}


def _ends(value: Any) -> dict[str, Any] | None:
    return value and _solved(value)


def _eigenvalue(value: Any) -> dict[str, Any]:
    return {**_solved(value), "residual": value.residual, "level": value.level}


def _separation(found: Facts) -> dict[str, Any] | None:
    s = found.separation
    return (
        None if s is None else {"across": s.across, "all": s.all, "across_pair": s.across_pair, "all_pair": s.all_pair}
    )


def _sampled(found: Facts) -> dict[str, Any] | None:
    s = found.margin_shallow
    return None if s is None else {**_solved(s), "level": 1 - s.failure_probability, "kernel_upper": s.kernel_upper}
