"""Tables for spreadsheets."""

import csv
import io

import pytest
from flask import Flask

from shared.web.tables import csv_response


@pytest.mark.parametrize("cell", ["=1+1", "+44 20", "-x", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_text_is_a_formula_and_numbers_stay_numbers(cell: str):
    with Flask("test").test_request_context():
        answer = csv_response(["Ä", "b", "c"], [[cell, -1, None], ["a=b", 2.5, "é"]], "x.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert rows == [["Ä", "b", "c"], [f"'{cell}", "-1", ""], ["a=b", "2.5", "é"]]
