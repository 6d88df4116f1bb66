"""Answers as tables that a spreadsheet opens as they are meant."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

_MARK = "\ufeff"  # by which Excel knows UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_response(
    columns: Sequence[str], rows: Iterable[Sequence[object]], filename: str
) -> Response:
    """The rows under their columns, as CSV in UTF-8 with a byte-order mark.

    Texts that a spreadsheet would take for a formula get an apostrophe in front, as people may
    have written them; numbers stay as they are.
    """
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
