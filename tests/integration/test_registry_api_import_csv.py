"""Lists as CSV: the same headings, topics parted by semicolons."""

from typing import Any

import pytest

from tests.registry import Registry

HEADING = "id,name,domain,topics,network,region,url"


def imported(registry: Registry, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Any:
    answer = registry.operator.send(
        "/communities/import", end.join(lines).encode(encoding), "text/csv"
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def refused(registry: Registry, body: bytes) -> Any:
    """The errors of a body that could not be begun with."""
    answer = registry.operator.send("/communities/import", body, "text/csv")
    assert answer.status_code == 422, answer.text
    return answer.json["errors"]


def found(registry: Registry) -> dict[str, Any]:
    items = registry.anyone.get("/communities").json["items"]
    return {item["external_id"]: item for item in items}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_list_is_imported(registry: Registry, end: str, encoding: str):
    report = imported(
        registry,
        HEADING,
        '1,"Falls, and frailty",Feet,falls; frailty ;; Falls,Wessex,Dorset,https://falls.example',
        "2,,Breathing wéll,,,,",
        end=end,
        encoding=encoding,
    )
    assert (report["new"], report["refused"], report["networks_made"]) == (2, 0, ["Wessex"])
    falls, breathe = found(registry)["1"], found(registry)["2"]
    assert (falls["name"], falls["topics"]) == ("Falls, and frailty", ["falls", "frailty"])
    assert (falls["region"], falls["url"]) == ("Dorset", "https://falls.example")
    assert (breathe["name"], breathe["topics"], breathe["url"]) == ("Breathing wéll", [], None)


def test_the_same_records_in_either_form_are_the_same(registry: Registry):
    imported(registry, HEADING, "1,Falls,Feet,falls;frailty,Wessex,Dorset,https://falls.example")
    record = {
        "id": "1",
        "name": "Falls",
        "domain": "Feet",
        "topics": ["falls", "frailty"],
        "network": "Wessex",
        "region": "Dorset",
        "url": "https://falls.example",
    }
    assert registry.operator.import_list(record)["unchanged"] == 1


def test_columns_may_come_in_any_order_and_only_id_and_domain_must(registry: Registry):
    assert imported(registry, "domain,id", "Feet,1")["new"] == 1
    assert found(registry)["1"]["name"] == "Feet"


def test_a_cell_may_hold_line_breaks_which_become_spaces(registry: Registry):
    report = imported(registry, HEADING, '1,Falls,"Feet\nand\r\nlegs",,,,', "2,,,,,,")
    assert (report["new"], report["refused"]) == (1, 1)
    assert found(registry)["1"]["domain"] == "Feet and  legs"
    assert report["refusals"][0]["line"] == 5


@pytest.mark.parametrize(
    ("line", "field", "why"),
    [
        ("3,Falls,,,,,", "domain", "must not be empty"),
        (",Falls,Feet,,,,", "id", "must not be empty"),
        ("3,Falls,Feet,,,,javascript:1", "url", "http"),
        (f"3,{'n' * 201},Feet,,,,", "name", "at most 200"),
        ("3,Falls,Feet,,,,,", None, "more than 7 cells"),
        ("3,Falls,Feet,,,,,,,x", None, "more than 7 cells"),
        ('3,"Falls" here,Feet,,,,', None, "is not CSV"),
        (f"3,Falls,{'d' * 140_000},,,,", None, "is not CSV"),
        (f"3,Falls,{'d' * 900_000},,,,", None, "is not CSV"),
        (f'3,Falls,"{"d" * 900_000}",,,,', None, "is not CSV"),
        ("3,Falls", "domain", "is required"),
    ],
    ids=range(11),
)
def test_a_line_is_refused_for_itself_with_its_number_and_field(
    registry: Registry, line: str, field: str | None, why: str
):
    report = imported(registry, HEADING, "1,,Feet,,,,", line, "2,,Lungs,,,,")
    assert (report["new"], report["refused"]) == (2, 1)
    (refusal,) = report["refusals"]
    assert (refusal["line"], refusal["field"]) == (3, field)
    assert why in refusal["reason"]


def test_a_quote_that_is_never_closed_is_refused_and_not_waited_for(registry: Registry):
    lines = [f"{number},,Feet {number},,,," for number in range(20)]
    report = imported(registry, HEADING, *lines, '99,"Falls,Feet,,,,', *lines[:3])
    assert (report["new"], report["refused"]) == (20, 1)
    assert "is not CSV" in report["refusals"][0]["reason"]


def test_a_line_in_another_encoding_is_refused_and_said_so(registry: Registry):
    body = b"\n".join([HEADING.encode(), b"1,,Caf\xe9,,,,", "2,,Café,,,,".encode()])
    answer = registry.operator.send("/communities/import", body, "text/csv")
    assert (answer.json["new"], answer.json["refused"]) == (1, 1)
    (refusal,) = answer.json["refusals"]
    assert (refusal["line"], "is not UTF-8" in refusal["reason"]) == (2, True)


def test_control_characters_become_spaces_here_too(registry: Registry):
    imported(registry, HEADING, "1,Falls\x00in\x07homes,Feet,a\x01b,,,")
    assert (found(registry)["1"]["name"], found(registry)["1"]["topics"]) == (
        "Falls in homes",
        ["a b"],
    )


@pytest.mark.parametrize(
    ("heading", "why"),
    [
        ("id,domain,colour", "'colour': the columns are id, name"),
        ("ID,Colour", "'Colour': the columns are"),
        ("id,name", "the column domain is missing"),
        ("name", "the column id, domain is missing"),
        ("id|domain", "separated by a comma, a semicolon or a tab"),
        ("id,name;domain", "'name;domain': the columns are"),
        ('"id" x,domain', "is not CSV"),
        ("x" * 300_000, "is not CSV"),
        ("", "the column id, domain is missing"),
        ("id,domain,domain", "the column domain is there twice"),
    ],
    ids=range(10),
)
def test_a_heading_that_does_not_fit_refuses_the_list(registry: Registry, heading: str, why: str):
    errors = refused(registry, f"{heading}\n1,Feet\n".encode())
    assert why in errors["heading"][0]
    assert registry.operator.events() == []


def test_blank_lines_are_no_records(registry: Registry):
    report = imported(registry, HEADING, "", "1,,Feet,,,,", "", "2,,,,,,", "")
    assert (report["new"], report["refusals"][0]["line"]) == (1, 5)


def test_what_excel_saves_is_taken_where_there_is_no_doubt(registry: Registry):
    rows = {"1": ("Falls; feet", "A\u00a0b"), "2": ("Caffè", "x"), "3": ("“Q”", "y")}

    def body(separator: str, heading: str = "ID,Domain , NAME", first: str = "") -> str:
        lines = [heading.replace(",", separator)]
        lines += [f'{i}{separator}"{d}"{separator}{n}' for i, (d, n) in rows.items()]
        return first + "\r\n".join(lines) + "\r\n"

    bodies = [
        body(",").encode("utf-8-sig"),
        body(";").encode("utf-8-sig"),
        body("\t").encode("utf-16"),
        body("\t").encode("utf-16-le"),
        b"\xfe\xff" + body(";").encode("utf-16-be"),
        body(";", first="sep=;\r\n").encode(),
        body(",", first='"SEP=,"\n').encode("utf-8-sig"),
        body("|", first="sep=|\r\n").encode(),
        body(",", "id,domain,name,,").replace("\r\n", ",,\r\n").replace(",,,,", ",,").encode(),
        (body(";") + ";;\r\n;;\r\n").encode(),
    ]
    for number, data in enumerate(bodies):
        path = f"/communities/import?source=list-{number}"
        answer = registry.operator.send(path, data, "text/csv")
        assert answer.status_code == 200, (number, answer.text)
        assert (answer.json["new"], answer.json["refusals"]) == (3, []), number
    items = registry.anyone.get("/communities?external_id=1").json["items"]
    assert len(items) == len(bodies)
    assert {(i["domain"], i["name"]) for i in items} == {("Falls; feet", "A b")}


@pytest.mark.parametrize("kind", ["text/tab-separated-values", "application/vnd.ms-excel"])
def test_a_table_may_come_as_what_windows_takes_it_for(registry: Registry, kind: str):
    answer = registry.operator.send("/communities/import", b"id\tdomain\n1\tFeet\n", kind)
    assert answer.json["new"] == 1


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["id;domain", "1,Feet"], "columns separated by a semicolon (;) are expected"),
        (["id,domain", "1;Feet"], "columns separated by a comma are expected"),
        (["id;domain;topics", "1;Feet;a;b"], "quotation marks around a cell"),
        (["id,domain,,", "1,Feet,,x"], "column 4, which has no heading"),
    ],
)
def test_a_row_that_leaves_doubt_is_refused_with_what_was_expected(
    registry: Registry, lines: list[str], why: str
):
    report = imported(registry, *lines)
    assert (report["new"], report["refused"]) == (0, 1)
    assert why in report["refusals"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"sep=,\nid;domain\n1;Feet\n", "separated by a comma"),
        (b"id domain\n1 Feet\n", "separated by a comma, a semicolon or a tab"),
        (b"PK\x03\x04\x14\x00", "is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook"),
        (b"id,domain,caf\xe9\n", "is not UTF-8"),
    ],
)
def test_a_list_that_leaves_doubt_is_refused_with_what_was_expected(
    registry: Registry, body: bytes, why: str
):
    assert why in refused(registry, body)["heading"][0]


def test_half_a_character_of_utf_16_is_refused_and_the_rest_taken(registry: Registry):
    body = "id\tdomain\n1\tFeet\n2\tLungs".encode("utf-16")[:-1]
    answer = registry.operator.send("/communities/import", body, "text/csv")
    assert (answer.json["new"], answer.json["refused"]) == (1, 1)
    assert "is not UTF-8" in answer.json["refusals"][0]["reason"]
