"""What the commands know of the platform they speak to: its settings and its services."""

from collections.abc import Iterable, Mapping

from hedgerow.failures import CannotDo, WronglyCalled
from hedgerow.service import Service
from shared.settings import SERVICES, Settings, SettingsError, load_settings


def read_settings(
    environ: Mapping[str, str] | None = None, *, need_tokens: bool = False
) -> Settings:
    """The settings of an environment, else of ours; WronglyCalled lists every wrong one."""
    try:
        return load_settings(environ, need_tokens=need_tokens)
    except SettingsError as error:
        raise WronglyCalled(
            "\n  ".join(["These settings need mending before anything starts:", *error.problems])
        ) from None


def operators_services(
    names: Iterable[str] = SERVICES, timeout: float = 10.0
) -> dict[str, Service]:
    """The services of these names, to be asked with the operator's token; `timeout` in seconds."""
    settings = read_settings()
    if not settings.operator_token:
        raise CannotDo(
            f"There is no operator token in {settings.data_dir}: start the platform with "
            "`hedgerow up`, or set HEDGEROW_OPERATOR_TOKEN to the running platform's."
        )
    token = settings.operator_token.value
    return {name: Service(name, settings.urls[name], token, timeout) for name in names}
