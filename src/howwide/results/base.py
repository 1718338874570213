"""What all parts of a document share: no unknown keys, no NaN, no Infinity."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Record"]


class Record(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
