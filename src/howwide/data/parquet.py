"""Parquet tables; the column of labels is found as in CSV files. Needs pyarrow (``pip install 'howwide[parquet]'``)."""

from pathlib import Path

from howwide.data.parts import Parts
from howwide.data.sizes import check_size
from howwide.data.tables import label_column, split_table
from howwide.errors import DataError


def read_parquet(path: Path) -> Parts:
    """Features and labels of a Parquet file; the index of a pandas frame is left out.

    Raises:
        DataError: pyarrow is missing, the file is damaged or too large, has fewer than two columns, a feature column
            that is not numeric, or several columns that might be the label.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{path.name}: Parquet needs pyarrow, which is missing: pip install 'howwide[parquet]'"
        ) from None

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
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
    return split_table(path, frame, names, label_column(path, names))
