"""A schema's field as auto-map sees it: the words that mean it, and those that tell it from namesakes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aeptui.chain.automap_words import DECIDING, FILLERS, GENERIC, HOLDERS, STRUCTURE

if TYPE_CHECKING:
    from aeptui.chain.automap_names import Words
    from aeptui.models.schemas import SchemaField


@dataclass(frozen=True)
class Target:
    """A field that a column can be copied into."""

    field: SchemaField
    segments: tuple[Words, ...]
    """Words of each part of the path, without a tenant's own branch."""

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word for segment in self.segments for word in segment)

    @cached_property
    def is_holder(self) -> bool:
        """Is it only the value of the object it stands in? `mobilePhone.number`, `consents.marketing.sms.val`."""
        leaf = self.segments[-1]
        return len(self.segments) > 1 and len(leaf) == 1 and leaf[0] in HOLDERS

    @cached_property
    def core(self) -> frozenset[str]:
        """What a column has to say for this field."""
        if self.is_holder:
            own = frozenset(self.segments[-2])
            return (own - STRUCTURE or own) | (self.words & DECIDING)
        leaf = frozenset(self.segments[-1])
        return (leaf - FILLERS or leaf) | (self.words & DECIDING)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Words of its path that tell it from namesakes."""
        return self.words - self.core - STRUCTURE

    @cached_property
    def is_generic(self) -> bool:
        return not self.is_holder and frozenset(self.segments[-1]) <= GENERIC

    @cached_property
    def is_own(self) -> bool:
        """Is it a field of the tenant's own?"""
        return self.field.path.startswith("_") and "." in self.field.path

    @cached_property
    def describes_address(self) -> bool:
        """Is it about an address, not part of one? `Shipping Status` is the parcel's, not the address's."""
        return "address" in self.words and not frozenset(self.segments[-1]) & {"state", "region"}

    @cached_property
    def meaning(self) -> str:
        """What kind of thing it holds, when the name tells."""
        leaf = frozenset(self.segments[-1])
        if self.is_holder:
            above = frozenset(self.segments[-2])
            return "email" if leaf == {"address"} and "email" in above else "phone" if leaf == {"number"} else ""
        if leaf == {"country", "code"} or leaf == {"postal", "code"}:
            return "country code" if "country" in leaf else "postal code"
        if "name" in leaf and leaf & {"first", "last", "middle", "full"}:
            return "person name"
        return next((one for one in ("email", "url") if one in leaf and len(leaf) == 1), "id" if leaf == {"id"} else "")

    @cached_property
    def head(self) -> str:
        return self.field.path.partition(".")[0]
