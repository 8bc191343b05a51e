"""What an account's owner types in where no browser connects it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bopis.errors import Invalid

_LONGEST = 4000


@dataclass(frozen=True)
class TypedIn:
    """Secrets, and settings that are none, by the names the integration reads them."""

    secrets: tuple[str, ...]
    settings: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Secrets that not every account has."""
    optional: tuple[str, ...] = ()
    """Settings that not every account has."""
    title: str = ""
    """How people write the vendor's name, if not with one capital letter."""
    account: str = "Account"
    """What the vendor calls the account's own name, such as the address of a shop."""
    name_of: Callable[[str], str] = str.strip
    """That name as it is kept, however it was typed; "" for what cannot be one."""

    def read(self, given: Mapping[str, str], *, is_new: bool) -> tuple[dict[str, str], dict[str, str]]:
        """The secrets and the settings among what was typed; what is empty stays as it was. Raises Invalid.

        A new account needs every secret and setting but those of `also` and `optional`.
        """
        secrets = self._filled(given, (*self.secrets, *self.also))
        settings = self._filled(given, (*self.settings, *self.optional))
        missing = [name for name in (*self.secrets, *self.settings) if name not in {**secrets, **settings}]
        if is_new and missing:
            raise Invalid("missing_field", f"Please fill in: {', '.join(label(name) for name in missing)}.")
        if not secrets and not settings:
            raise Invalid("nothing_typed", "Nothing was typed in, so nothing was changed.")
        return secrets, settings

    def _filled(self, given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
        found = {name: given.get(name, "").strip() for name in names}
        for name, value in found.items():
            if len(value) > _LONGEST or not value.isprintable():
                raise Invalid("bad_field", f"The {label(name)} holds signs that cannot be typed, or is too long.")
        return {name: value for name, value in found.items() if value}


def label(name: str) -> str:
    """A field's name as people read it."""
    return name.replace("_", " ")
