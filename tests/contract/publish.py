"""What has been published, and may only grow.

`shared/contracts/published.json` holds the meaning (without titles and descriptions) of every event
schema that subscribers may rely on. After adding an event type, a version or an optional field:

    python -m tests.contract.publish

It adds what is new. A change that could break a subscriber, or the reading of an old event, it
refuses: publish a new version beside the old one instead.
"""

import json
import sys
from pathlib import Path
from typing import Any

from shared.contracts import schemas

PUBLISHED = Path(schemas.__file__).parent / "published.json"
_ANNOTATIONS = {"$schema", "$id", "$comment", "title", "description", "examples", "deprecated"}
Schema = dict[str, Any]


def meaning(schema: Any) -> Any:
    """A schema without what is only for people to read."""
    if isinstance(schema, list):
        return [meaning(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: meaning(inner) for field, inner in value.items()}
        if name == "properties"
        else meaning(value)
        for name, value in schema.items()
        if name not in _ANNOTATIONS
    }


def breaks(before: Any, now: Any, where: str = "the event") -> list[str]:
    """Why `now` is not `before` with optional fields added: a sentence each.

    Nothing may be taken away or narrowed, for old events stay in the streams; nothing that is
    there may be widened, for old subscribers read new events.
    """
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [f"{where} was {before!r} and is {now!r}"]
    found = []
    for name in sorted({*before, *now} - {"properties", "required", "items"}):
        if before.get(name) != now.get(name):
            found.append(f"{where}: {name} was {before.get(name)!r} and is {now.get(name)!r}")
    old_needs, new_needs = set(before.get("required", ())), set(now.get("required", ()))
    found += [f"{where}.{field} is newly required" for field in sorted(new_needs - old_needs)]
    found += [f"{where}.{field} may now be missing" for field in sorted(old_needs - new_needs)]
    fields = now.get("properties", {})
    for field, schema in before.get("properties", {}).items():
        if field in fields:
            found += breaks(schema, fields[field], f"{where}.{field}")
        else:
            found.append(f"{where}.{field} is gone")
    if "items" in before or "items" in now:
        found += breaks(before.get("items"), now.get("items"), f"{where}[]")
    return found


def present() -> dict[str, Schema]:
    """The meaning of every schema in the tree, by `TYPE.VERSION`."""
    return {
        f"{name}.{version}": meaning(schemas.schema(name, version))
        for name, version in schemas.published()
    }


def published() -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(PUBLISHED.read_text()) if PUBLISHED.exists() else {}
    return found


def broken(before: dict[str, Schema], now: dict[str, Schema]) -> list[str]:
    """What was published and is no longer so."""
    found = []
    for key, schema in before.items():
        if key in now:
            found += [f"{key}: {why}" for why in breaks(schema, now[key])]
        else:
            found.append(f"{key}: its schema is gone")
    return found


def main() -> int:
    before, now = published(), present()
    if wrong := broken(before, now):
        print("Published already, and not to be changed; publish a new version instead:")
        print("\n".join(f"  {why}" for why in wrong))
        return 1
    new = [key for key in now if before.get(key) != now[key]]
    PUBLISHED.write_text(json.dumps(now, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
    print(f"Published: {', '.join(new)}" if new else "There is nothing new to publish.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
