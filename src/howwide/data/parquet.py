"""Parquet tables; the column of labels is found as in CSV files. Needs pyarrow (``pip install 'howwide[parquet]'``)."""

from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from howwide.data.memory_limit import check_size
from howwide.data.raw_data import RawData
from howwide.data.tables import as_number, label_column, split_table
from howwide.errors import DataError


def read_parquet(path: Path, stream: BinaryIO) -> RawData:
    """Features and labels of a Parquet file; the index of a pandas frame is left out.

    Raises:
        DataError: pyarrow is missing, the file is damaged or too large, has fewer than two columns, a feature column
            that is not numeric, a column without a name, or several columns that might be the label.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{path.name}: Parquet needs pyarrow, which is missing: pip install 'howwide[parquet]'"
        ) from None

    try:
        with pyarrow.parquet.ParquetFile(stream) as file:
            check_size((file.metadata.num_rows, len(file.schema_arrow.names)), path.name, "take fewer rows or columns")
            frame = file.read().to_pandas()
    except DataError:
        raise
    except Exception as error:  # whatever pyarrow, and the metadata of pandas, make of a damaged file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise DataError(f"{path.name} is damaged or not a Parquet file ({reason})") from None
    names = [str(name) for name in frame.columns]
    if len(names) < 2:
        raise DataError(f"{path.name} has {len(names)} column(s); expected features and a label")
    label, why = label_column(path.name, names)
    features = [_numbers(frame.iloc[:, index]) for index in range(len(names)) if index != label]
    return split_table(path.name, names, label, why, features, frame.iloc[:, label].to_numpy())


def _numbers(column: Any) -> NDArray[np.float64] | str:
    """A feature column as numbers, missing ones as NaN; or a cell that is no number."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    held = column.astype(object)
    numbers = [as_number(value) if isinstance(value, str | Decimal | Real) else None for value in held]
    odd = held[held.notna() & np.array([number is None for number in numbers], dtype=bool)]
    return str(odd.iloc[0]) if len(odd) else np.array(numbers, dtype=np.float64)
