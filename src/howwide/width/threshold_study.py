"""The settings of a threshold study: which trial, at which sizes, and what is asked of the answer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from howwide.checks import check_count, check_seed
from howwide.errors import SettingError
from howwide.plain import one_or_several
from howwide.width.settings import DesignSettings

if TYPE_CHECKING:
    from howwide.statistics import AdaptiveDesign

__all__ = ["ThresholdStudy", "read_sizes", "write_sizes"]

_LARGEST = 2**31 - 2
_FORMS = "sizes are increasing whole numbers of at least 1: 1:1024 (all of them), 8:512:8 (every eighth) or 2,4,8,16"


def read_sizes(text: str) -> Sequence[int]:
    """The sizes that ``1:1024`` (both ends are sizes), ``8:512:8`` (first, last, step) or ``2,4,8,16`` name.

    Raises:
        SettingError: it is something else, or the sizes do not increase.
    """
    try:
        parts = [int(part) for part in text.split(":" if ":" in text else ",")]
        if ":" not in text:
            return _checked(parts)
        first, last, step = parts if len(parts) == 3 else (*parts, 1)
    except ValueError:
        raise SettingError(f"{_FORMS}; got {text!r}") from None
    if not (1 <= first <= last <= _LARGEST and step >= 1):
        raise SettingError(f"{_FORMS}; got {text!r}")
    return range(first, last + 1, step)


def write_sizes(sizes: object) -> str:
    """The text of sizes that are given as a text, a number, or any sequence of numbers.

    Raises:
        SettingError: they are not increasing whole numbers of at least 1.
    """
    if isinstance(sizes, str):
        numbers = read_sizes(sizes)
    elif isinstance(sizes, range) and sizes.step > 0:
        numbers = sizes
        _checked(sorted({*sizes[:1], *sizes[-1:]}))
    else:
        numbers = _checked(one_or_several(sizes))
    if len(numbers) < 3:
        return ",".join(map(str, numbers))
    first, last, step = numbers[0], numbers[-1], numbers[1] - numbers[0]
    if not isinstance(numbers, range) and list(numbers) != list(range(first, last + 1, step)):
        return ",".join(map(str, numbers))
    return f"{first}:{last}" if step == 1 else f"{first}:{last}:{step}"


def _checked(sizes: Sequence[int]) -> Sequence[int]:
    numbers = [check_count(size, "a size", 1, _LARGEST) for size in sizes]
    if not numbers or any(a >= b for a, b in itertools.pairwise(numbers)):
        raise SettingError(f"{_FORMS}; got {', '.join(map(str, numbers[:9])) or 'none'}")
    return numbers


class ThresholdStudy(DesignSettings):
    """All settings of a threshold study.

    ``ThresholdStudy(trial="examples.mlp_digits:trial", sizes=range(1, 257))``.

    Raises:
        SettingError: as :class:`~howwide.width.settings.Settings`.
    """

    trial: str
    """package.module:function, called as function(size, seed); it gives True or False, or a dict with success."""

    sizes: Annotated[str, BeforeValidator(write_sizes)] = "1:1024"
    """What is tried: 1:1024 (all of them), 8:512:8 (every eighth) or 2,4,8,16."""

    unit: str = "units"
    """What sizes count, in the plural: neurons, examples, ranks."""

    hint: float | None = None
    """Where the threshold may lie; the first trials are made around it. 8 unless given."""

    version: str | None = None
    """Of the trial, in place of its source: results of another version are not mixed with these."""

    seed: int = 0
    """Changes the seed of every trial."""

    def __init__(self, **settings: object) -> None:  # for type checkers: sizes in any form
        super().__init__(**settings)

    def model_post_init(self, _context: object) -> None:
        check_seed(self.seed)
        if not self.unit.strip():
            raise SettingError("unit is empty; say what sizes count, in the plural: neurons, examples, ranks")
        if self.hint is not None and not 0 < self.hint < float("inf"):
            raise SettingError(f"hint must be a positive size; got {self.hint}")
        self.design()

    def design(self) -> AdaptiveDesign:
        """The rule that asks for trials at these sizes."""
        from howwide.statistics import AdaptiveDesign

        sizes = read_sizes(self.sizes)
        return AdaptiveDesign(sizes[-1], **self.of_design, sizes=sizes)

    def described(self) -> dict[str, Any]:
        """The settings as plain JSON types."""
        return self.model_dump(mode="json")
