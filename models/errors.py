"""The faults that a user can cause. Everything else that can go wrong is data or a bug.

An `InputError` says where (file, object, field), what was expected and what was found; the
command line prints it as one line and leaves with exit code 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass
class InputError(Exception):
    """Input that placewright refuses.

    `source` is the file (or `-`), `subject` the object such as `Pod default/web`, `field` a
    dotted path such as `spec.containers[0].resources.requests.cpu`. Any of them may be empty
    where it is not known; the reader fills in `source` on the way out (`located`).
    """

    message: str
    source: str = ""
    subject: str = ""
    field: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source, self.subject, self.field, self.message) if part)

    def located(self, *, source: str = "", subject: str = "", field: str = "") -> InputError:
        """The same error with what was not yet known filled in; what is known stays."""
        joined = f"{field}.{self.field}" if field and self.field else (field or self.field)
        return replace(self, source=self.source or source, subject=self.subject or subject, field=joined)


class UsageError(InputError):
    """Options that contradict each other: no file is at fault."""
