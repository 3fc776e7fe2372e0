"""Slugs: what stands for a category's name in an address."""

import re
import unicodedata


def slug_of(name: str, category_id: str) -> str:
    """The name in ASCII letters, digits and hyphens; a name of which nothing is left gets a slug from the id."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    # Accents and letters of other scripts go without a trace; anything else that is not ASCII separates words.
    plain = "".join(sign for sign in apart if sign.isascii() or unicodedata.category(sign)[0] not in "LM")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or category_id.replace("_", "-")
