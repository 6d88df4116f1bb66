"""A decision's no."""


class Refused(Exception):
    """A command that cannot be carried out: the field it is about, if one, and the mend.

    `unlawful` tells a change that the present state does not allow from input that is wrong in
    itself.
    """

    def __init__(self, reason: str, *, field: str | None = None, unlawful: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.field, self.unlawful = reason, field, unlawful
