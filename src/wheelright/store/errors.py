"""What can go wrong with a wheel on its way into the store: whose fault, which file, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence


class HashMismatch(RequestError):  # noqa: N818 (a fact, as a person says it)
    """The bytes of a file are not the ones that the lock or the index names.

    ``expected`` and ``got`` are hex digests of ``algorithm``. ``received`` counts the bytes that
    came; where fewer came than ``size`` says, the file was probably cut on its way.
    """

    def __init__(
        self,
        file: str,
        algorithm: str,
        expected: str,
        got: str,
        *,
        where: str | None = None,
        received: int = 0,
        size: int | None = None,
    ) -> None:
        details = [f"expected {algorithm}:{expected}", f"got      {algorithm}:{got}"]
        hints = ["If the index has replaced the file, lock again with `--refresh`"]
        if size is not None and received != size:
            details.append(f"{received} bytes came, {size} were announced")
        if size is not None and received < size:
            hints = ["The file was cut on its way; try again"]
        super().__init__(
            f"The hash of `{file}` is not the expected one",
            where=where,
            details=details,
            hints=hints,
        )
        self.file = file
        self.algorithm = algorithm
        self.expected = expected
        self.got = got


class BrokenWheel(RequestError):  # noqa: N818 (as above)
    """A wheel that cannot be installed as it is: ``file`` names it, ``cause`` says why."""

    def __init__(
        self,
        file: str,
        cause: str,
        *,
        where: str | None = None,
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(f"The wheel `{file}` is broken: {cause}", where=where, details=details)
        self.file = file
        self.cause = cause
