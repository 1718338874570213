"""A study in a file: what ``howwide width --config study.toml`` reads and its options give."""

import tomllib
from pathlib import Path
from typing import Any

from howwide.errors import DataError
from howwide.width.study import WidthStudy

__all__ = ["StudyFile", "read_config"]


class StudyFile(WidthStudy):
    """A study with where its data come from; the keys are the names of the command's options with underscores.

    Raises:
        SettingError: as :class:`WidthStudy`.
    """

    data: str
    """Data SPEC: digits:even/odd, file.npz:3/8, ...; see data list."""

    scaling: str = "unit"
    """unit (rows of norm 1), centred (the training mean is taken from every row first) or none (rows as they are)."""

    constant_coordinate: float | None = None
    """Append a constant coordinate in (0, 1), as Zou et al. do."""


def read_config(path: Path) -> dict[str, Any]:
    """The table in a TOML file.

    Raises:
        DataError: no file, or not TOML in UTF-8.
    """
    from howwide.data.opening import opened  # here, as this module is imported for the help of the command

    try:
        with opened(path) as stream:
            return tomllib.loads(stream.read().decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not TOML: {error}") from None
