"""Categories as they go over the wire."""

from typing import Annotated

from pydantic import Field

from atelier.text import Input, Name, Output, ShortText, left_out

type SortOrder = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Category(Output):
    """A category of workshops. `workshop_count` counts public ones that are not cancelled, some seconds late."""

    id: str
    name: str
    slug: str
    description: str | None
    sort_order: int
    is_active: bool
    workshop_count: int


class CategoryInput(Input):
    """A category to be made; its slug follows from its name."""

    name: Name
    description: ShortText | None = None
    sort_order: Annotated[SortOrder | None, Field(description="By default after the last one.")] = None
    is_active: bool = True


class CategoryPatch(Input):
    """What to change of a category; what is left out stays."""

    name: Name = Field(default_factory=left_out)
    description: ShortText | None = Field(default_factory=left_out)
    sort_order: SortOrder = Field(default_factory=left_out)
    is_active: bool = Field(default_factory=left_out)


class CategoryPage(Output):
    """A page of categories."""

    items: list[Category]
    next_cursor: str | None
