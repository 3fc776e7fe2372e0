"""What follows from changes of build packs: they are made, or their files are forgotten."""

from atelier.guided.items import BuildPack
from atelier.table import Item

type Task = dict[str, str]


def worth_doing(old: Item | None, new: Item | None) -> list[Task]:
    """The tasks that follow from a change: a new pack is to be made, the file of one that is gone to be forgotten.

    Who carries them out reads what is true by then, so each may come late, twice or in vain.
    """
    match old, new:
        case None, BuildPack() as pack:
            return [{"task": "make", "guided_id": pack.guided_id, "pack_id": pack.id}]
        case BuildPack(object_key=str() as object_key), None:
            return [{"task": "forget", "object_key": object_key}]
        case _:
            return []
