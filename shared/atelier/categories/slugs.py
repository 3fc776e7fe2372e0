"""Slugs: what stands for a category's name in an address."""

import re
import unicodedata


def slug_of(name: str, category_id: str) -> str:
    """The name in ASCII letters, digits and hyphens; a name of which nothing is left gets a slug from the id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or category_id.replace("_", "-")
