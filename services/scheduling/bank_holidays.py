"""The bank holidays of a nation, by date: the `holidays` library knows them."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays

from services.scheduling.domain.programme import ENGLAND, NORTHERN_IRELAND, SCOTLAND, WALES

_SUBDIVISIONS = {ENGLAND: "ENG", WALES: "WLS", SCOTLAND: "SCT", NORTHERN_IRELAND: "NIR"}


@lru_cache(maxsize=64)
def bank_holidays(nation: str, first_year: int, last_year: int) -> Mapping[date, str]:
    """Their names, from the first year to the last."""
    years = range(first_year, last_year + 1)
    return dict(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=years))
