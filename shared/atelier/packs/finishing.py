"""Making the file of a build pack that was asked for.

It may run twice, at once, late, or stop anywhere. The file is written first, under a key that names its content, and
then the pack is marked, once: who comes second finds it ready. A file that no pack names is taken away again; where
that is not reached, the bucket forgets it in its time.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from atelier import clock, observability, settings, table
from atelier.guided import definitions, outputs
from atelier.guided.items import STEPS, BuildPack, Guided, StepOutput, guided_key, output_key, pack_key
from atelier.packs import as_json, files, markdown, structure
from atelier.packs.document import Document, Outcome
from atelier.settings import PackRetentionSettings
from atelier.table import Item, Key

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

type PdfRenderer = Callable[[Document], bytes]

GAVE_UP = "It could not be made, though it was tried several times. Ask for another one."


def finish(guided_id: str, pack_id: str, render_pdf: PdfRenderer, *, at: clock.Clock = clock.now) -> None:
    """Makes a pack from the outputs as they are now, and marks it ready. One that is ready or gone is left alone.

    One that failed is made all the same: somebody has seen to the reason. Raises what the table or the bucket raises.
    """
    here = pack_key(guided_id, pack_id)
    found = table.read_many([here, guided_key(guided_id), *(output_key(guided_id, step_id) for step_id in STEPS)])
    pack, guided = cast("BuildPack | None", found.get(here)), cast("Guided | None", found.get(guided_key(guided_id)))
    if pack is None or guided is None or pack.status == "ready":
        return
    outcomes = _outcomes(guided_id, found)
    content = _render(pack, guided, outcomes, render_pdf)
    sha256 = hashlib.sha256(content).hexdigest()
    key = files.object_key(pack, sha256)
    files.put(key, content, pack.format_type)
    _mark_ready(pack, _revisions(guided_id, found), (key, sha256, len(content)), at)


def give_up(guided_id: str, pack_id: str, *, at: clock.Clock = clock.now) -> None:
    """Marks a pack that is still to be made as failed."""
    marks: list[Action] = [
        BuildPack.status.set("failed"),
        BuildPack.reason.set(GAVE_UP),
        BuildPack.expires_at.set(_expires_at(at)),
        BuildPack.updated_at.set(clock.whole_seconds(at())),
        BuildPack.version.set(BuildPack.version + 1),
    ]
    table.update_or_see(BuildPack, pack_key(guided_id, pack_id), marks, BuildPack.status == "pending")


def _outcomes(guided_id: str, found: Mapping[Key, Item]) -> list[Outcome]:
    outcomes = []
    for step in definitions.definitions().steps:
        stored = cast("StepOutput | None", found.get(output_key(guided_id, step.id)))
        outcomes.append(Outcome(step.id, step.order, step.name, outputs.value_of(stored.text) if stored else None))
    return outcomes


def _revisions(guided_id: str, found: Mapping[Key, Item]) -> dict[str, int]:
    """What went in, read with the outputs themselves: a step may have moved on since the pack was asked for."""
    stored = {step_id: cast("StepOutput | None", found.get(output_key(guided_id, step_id))) for step_id in STEPS}
    return {step_id: int(output.revision) if output else 0 for step_id, output in stored.items()}


def _render(pack: BuildPack, guided: Guided, outcomes: list[Outcome], render_pdf: PdfRenderer) -> bytes:
    if pack.format_type == "json":
        return as_json.render(pack.title, guided.title, outcomes)
    document = structure.document_of(pack.title, guided.title, outcomes)
    return render_pdf(document) if pack.format_type == "pdf" else markdown.render(document)


def _mark_ready(pack: BuildPack, revisions: dict[str, int], made: tuple[str, str, int], at: clock.Clock) -> None:
    key, sha256, size = made
    marks: list[Action] = [
        BuildPack.status.set("ready"),
        BuildPack.object_key.set(key),
        BuildPack.sha256.set(sha256),
        BuildPack.size.set(size),
        BuildPack.step_versions.set(revisions),
        BuildPack.reason.remove(),
        BuildPack.expires_at.set(_expires_at(at)),
        BuildPack.updated_at.set(clock.whole_seconds(at())),
        BuildPack.version.set(BuildPack.version + 1),
    ]
    unmade = BuildPack.status.is_in("pending", "failed")
    other = cast("BuildPack | None", table.update_or_see(BuildPack, pack.key, marks, unmade))
    if other is None:
        observability.count("BuildPackMade")
    elif other.object_key != key:
        # Somebody was faster, with outputs of another moment; or the pack is gone.
        files.forget(key)


def _expires_at(at: clock.Clock) -> int:
    """A pack is forgotten with its file: what it names would not be there."""
    return int(at().timestamp()) + settings.of(PackRetentionSettings).build_pack_retention_days * 24 * 3600
