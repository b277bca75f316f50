"""What the strategies need, and what is said if it is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy as SearchStrategy
else:

    class SearchStrategy:
        """Stand for hypothesis' in an annotation until type hints are asked for."""

        def __class_getitem__(cls, item: object) -> object:
            from hypothesis.strategies import SearchStrategy as Asked

            return Asked[item]


_Arguments = ParamSpec("_Arguments")
_Strategy = TypeVar("_Strategy")


def needs_hypothesis(make: Callable[_Arguments, _Strategy], /) -> Callable[_Arguments, _Strategy]:
    """Make a function that imports hypothesis say, without it, where it comes from."""

    @wraps(make)
    def asked(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Strategy:
        try:
            return make(*args, **kwargs)
        except ModuleNotFoundError as error:
            if error.name != "hypothesis":  # something of its own is missing, and that is another story
                raise
            raise ImportError(
                "the strategies of lmtrack.testing are made with hypothesis: install lmtrack[testing]", name=error.name
            ) from error

    return asked
