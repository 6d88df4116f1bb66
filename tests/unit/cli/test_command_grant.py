"""`hedgerow grant`, and what its guide says of it."""

import json
import shlex
from pathlib import Path

from services.scheduling.domain.programme import TEMPLATES

ROOT = Path(__file__).parents[3]
GRANT = {
    "id": "grt_1",
    "person": "per_1",
    "name": "Amara Okafor",
    "grant": "operator",
    "scope": None,
    "created_at": "2026-03-01T09:00:00Z",
    "by": None,
    "ended_at": None,
}
SAID = "Amara Okafor (per_1) operates the platform, from 2026-03-01. Its id is grt_1.\n"


def test_an_address_is_granted_something(command, services):
    registry = services["registry"]
    registry.routes["POST", "/grants"] = (201, GRANT)
    result = command("grant", "amara@example.org", "operator", "--name", "Amara Okafor")
    assert (result.exit_code, result.stdout) == (0, f"Granted: {SAID}")
    (asked,) = registry.asked
    assert asked["body"] == (
        b'{"email":"amara@example.org","grant":"operator","name":"Amara Okafor"}'
    )


def test_a_person_leads_a_network_by_its_name(command, services):
    registry = services["registry"]
    registry.routes["POST", "/grants"] = (201, GRANT | {"grant": "network-lead", "scope": "net_1"})
    result = command("grant", "per_1", "network-lead", "Wessex")
    assert "leads the network net_1, from" in result.stdout
    assert registry.asked[0]["body"] == (
        b'{"person":"per_1","grant":"network-lead","scope":"Wessex"}'
    )


def test_a_programme_is_found_by_its_id_or_its_name(command, services):
    services["registry"].routes["POST", "/grants"] = (
        *(201, GRANT | {"grant": "programme-team", "scope": "prg_1"}),
    )
    scheduling = services["scheduling"].routes
    scheduling["GET", "/programmes/prg_1"] = (200, {"id": "prg_1", "name": "Leading"})
    scheduling["GET", "/programmes"] = (200, {"items": [{"id": "prg_1", "name": "Leading"}]})
    for named in ("prg_1", "leading"):
        result = command("grant", "per_1", "programme-team", named)
        assert "is of the programme team prg_1" in result.stdout
    assert [asked["body"] for asked in services["registry"].asked] == [
        b'{"person":"per_1","grant":"programme-team","scope":"prg_1"}'
    ] * 2


def test_a_programme_that_is_not_there_is_granted_to_nobody(command, services):
    services["scheduling"].routes["GET", "/programmes"] = (200, {"items": []})
    result = command("grant", "per_1", "programme-team", "Leading")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "'Leading' is not one programme. There are: none yet.\n"
    assert services["registry"].asked == []


def test_the_team_of_all_programmes_needs_no_programme(command, services):
    services["registry"].routes["POST", "/grants"] = (201, GRANT | {"grant": "programme-team"})
    result = command("grant", "per_1", "programme-team")
    assert "is of the programme team of all programmes, from" in result.stdout


def test_grants_are_listed(command, services):
    services["registry"].routes["GET", "/grants"] = (200, {"items": [GRANT]})
    assert command("grant", "--list").stdout == SAID
    services["registry"].routes["GET", "/grants"] = (200, {"items": []})
    assert command("grant", "--list").stdout.startswith("Nobody was granted anything")


def test_a_grant_is_ended(command, services):
    ended = GRANT | {"ended_at": "2026-04-01T09:00:00Z"}
    services["registry"].routes["DELETE", "/grants/grt_1"] = (200, ended)
    result = command("grant", "--end", "grt_1")
    assert result.exit_code == 0
    assert "from 2026-03-01 to 2026-04-01" in result.stdout


def test_what_was_called_wrongly_ends_with_2(command, services):
    for arguments in (
        [],
        ["per_1"],
        ["per_1", "emperor"],
        ["per_1", "network-lead"],
        ["per_1", "operator", "--list"],
        ["--list", "--end", "grt_1"],
    ):
        result = command("grant", *arguments)
        assert result.exit_code == 2, arguments
    assert services["registry"].asked == []


def test_a_refusal_is_a_sentence(command, services):
    problem = {"detail": "name: is required", "errors": {"name": ["nobody has this address yet"]}}
    services["registry"].routes["POST", "/grants"] = (422, problem)
    result = command("grant", "amara@example.org", "operator")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nobody has this address yet" in result.stderr


def test_the_guides_examples_work_as_they_are_printed_where_the_example_is_loaded():
    printed = (ROOT / "docs/grants.md").read_text().partition("```\n")[2].partition("```")[0]
    lines = [shlex.split(line)[2:] for line in printed.splitlines()]
    networks = json.loads((ROOT / "hedgerow/example/networks.json").read_text())
    scopes = {"programme-team": {t.name for t in TEMPLATES.values()}}
    scopes["network-lead"] = {network["name"] for network in networks}
    known = set[str]()
    for whom, kind, *more in (line for line in lines if not line[0].startswith("--")):
        assert ("--name" in more) is (whom not in known), "named where they are new, once"
        known.add(whom)
        if more and more[0] != "--name":
            assert more[0] in scopes[kind]
    assert len(known) == 2
