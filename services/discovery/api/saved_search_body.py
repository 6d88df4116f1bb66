"""What a request to save a search holds."""

from typing import Any

from marshmallow import fields, pre_load
from marshmallow.exceptions import ValidationError

from services.discovery.domain.saved_search import LEAST_THRESHOLD
from shared.web.fields import Body, Text, TextList

_FILTERS = frozenset({"network", "region", "sector", "stage"})


class Wanted(TextList):
    """Values of which any will do; one may come without a list around it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._deserialize([value] if isinstance(value, str) else value, *args, **kwargs)


class Threshold(fields.Float):
    """The least score, as `related` gives it."""

    default_error_messages = {  # noqa: RUF012
        "invalid": f"must be a number from {LEAST_THRESHOLD} to 1",
        "special": f"must be a number from {LEAST_THRESHOLD} to 1",
    }

    def _validated(self, value: Any) -> Any:
        found = None if isinstance(value, bool | str) else super()._validated(value)
        if found is None or not LEAST_THRESHOLD <= found <= 1:
            raise self.make_error("invalid")
        return found


class SavedSearchBody(Body):
    """Words with filters, as in a search, or a community and how like it one must be.

    The filters stand beside `q` or, all together, in `filters`.
    """

    person = Text(1, 100, required=True)
    q = Text(0, 500, load_default="")
    network = Wanted(Text(1, 200), 50)
    region = Wanted(Text(1, 200), 50)
    sector = Wanted(Text(1, 100), 50)
    stage = Wanted(Text(1, 100), 10)
    like = Text(1, 100)
    threshold = Threshold(metadata={"minimum": LEAST_THRESHOLD, "maximum": 1})

    @pre_load
    def _lay_out(self, data: Any, **_kwargs: Any) -> Any:
        if not isinstance(data, dict) or "filters" not in data:
            return data
        filters = data["filters"]
        if not isinstance(filters, dict) or not filters.keys() <= _FILTERS:
            raise ValidationError(
                {"filters": [f"must be an object with any of {', '.join(sorted(_FILTERS))}"]}
            )
        return filters | {name: value for name, value in data.items() if name != "filters"}
