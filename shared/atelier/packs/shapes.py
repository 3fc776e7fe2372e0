"""Build packs as clients see them."""

from typing import cast

from atelier.guided.items import BuildPack
from atelier.packs import files, schemas


def pack(stored: BuildPack) -> schemas.BuildPack:
    """A pack, with an address to fetch its file at once it is ready."""
    size = cast("float | None", stored.size)
    return schemas.BuildPack(
        id=stored.id,
        title=stored.title,
        format_type=cast("schemas.PackFormat", stored.format_type),
        status=cast("schemas.PackStatus", stored.status),
        sha256=stored.sha256,
        size=None if size is None else int(size),
        url=files.address(stored),
        step_versions=cast("dict[str, int]", stored.step_versions),
        reason=stored.reason,
        created_by=stored.created_by,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )
