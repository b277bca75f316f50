"""Every exception lmtrack raises for what others sent; a caller's own mistake is ValueError or TypeError.

No text of these errors holds a token, a key, an address or a URL. Data a caller needs sits in attributes.
"""

from __future__ import annotations


class LmtrackError(Exception):
    """Base of every lmtrack error."""


class InvalidOverride(LmtrackError, ValueError):
    """A per-message override could not be read (strict parsing only).

    Attributes:
        field: The name of the setting or header that could not be read.
    """

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(field, problem)

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"
