"""What follows from what happened: seats healed and handed on, counts, attendance, tasks at Agora, announcements.

Everything here looks at the table as it is now and may run twice, late, or beside itself.
"""

from datetime import datetime
from typing import cast

from atelier import clock, queues, settings, table
from atelier.attendance import folding
from atelier.calendars import versions
from atelier.categories import cleanup
from atelier.categories import counts as category_counts
from atelier.categories.items import Category
from atelier.groups import cascade
from atelier.groups.items import Group
from atelier.guided import cleanup as guided
from atelier.guided.items import Guided
from atelier.invites import following as invites
from atelier.notifications import fan_out, wishes
from atelier.privacy import clearing
from atelier.privacy.items import Erasure
from atelier.projections.records import Happened
from atelier.recordings import following as recordings
from atelier.rsvps import barring, counts, repair, rescheduling, seats
from atelier.rsvps.items import Attendee, SeatBlock, attendee_key, block_key
from atelier.series import completing
from atelier.series import tasks as series_tasks
from atelier.workshops.items import Workshop, workshop_key


def follow(subject: str, happened: Happened, *, at: clock.Clock = clock.now) -> None:
    """Does all that follows for one workshop or category.

    Raises what the table or the queue raises: then all of it is done again, which changes nothing that was done.
    """
    _clear_away(subject, happened, at)
    if happened.is_unfinished:
        completing.complete(subject, at=at)
    for category_id in happened.categories:
        category_counts.recount(category_id)
    if happened.has_seats:
        _follow_seats(subject, happened, at())
    for user_id in sorted(happened.present):
        folding.fold(subject, user_id, at=at())
    if happened.has_recording:
        recordings.show(subject)
    if happened.invited:
        invites.follow(happened.invited, at=at)
    if happened.newcomers:
        wishes.of_newcomers(subject, happened.newcomers, since=happened.since or at())
    if happened.wished_offsets:
        wishes.of_person(subject, happened.wished_offsets, since=happened.since or at())
    if happened.planners:
        versions.touch(sorted(happened.planners))
    _send_tasks(subject, happened)
    _send_announcements(subject, happened)


def _clear_away(subject: str, happened: Happened, at: clock.Clock) -> None:
    """Does what follows from a deletion or a ban."""
    for user_id in sorted(happened.banned):
        barring.give_up_places(subject, user_id, at=at)
    match happened.gone:
        case Category():
            cleanup.clear(subject)
        case Group(owner_id=owner_id):
            cascade.clear(subject, owner_id, at=at)
        case Guided():
            guided.clear(subject)
        case Erasure():
            clearing.clear(subject, at=at)


def _send_tasks(subject: str, happened: Happened) -> None:
    """Tells others where to look. They read what is true by then, so a task may come late, twice or in vain."""
    tasks = [{"task": "moderation", "workshop_id": subject, "user_id": who} for who in sorted(happened.rights_moved)]
    if happened.recording_moved:
        tasks.append({"task": "recording", "workshop_id": subject})
    for task in tasks:
        queues.send_task(settings.of(settings.RecorderSettings).recorder_queue_url, task)
    for pack_task in happened.pack_tasks:
        queues.send_task(settings.of(settings.PackQueueSettings).packs_queue_url, pack_task)
    for user_id in sorted(happened.followers):
        series_tasks.look_after(subject, user_id)
    if happened.made_by:
        series_tasks.welcome(happened.made_by, subject)


def _send_announcements(subject: str, happened: Happened) -> None:
    """Lets people be told; who receives it fans it out. Whoever is told twice is told once."""
    for announcement in happened.announcements:
        fan_out.announce(announcement)
    for code in happened.codes:
        task = {"task": "code", "user_id": subject, "code": code}
        queues.send_task(settings.of(settings.DeliverySettings).deliveries_queue_url, task)


def _follow_seats(workshop_id: str, happened: Happened, at: datetime) -> None:
    workshop = cast("Workshop | None", table.read_one(workshop_key(workshop_id)))
    if workshop is None:
        return
    _heal(workshop, happened, at)
    for row in happened.entered:
        # Who read the workshop before it was moved may have come after everybody was told of it.
        if row.scheduled_at != workshop.scheduled_at:
            rescheduling.move_row(row, workshop)
    # Where the limit was lifted, one look lets in only so many people; each of them leads to the next look.
    goes_on = workshop.capacity is None and happened.waiting_changed < 0
    if happened.somebody_waits or happened.limit_is_lifted or goes_on:
        seats.settle(workshop)
    counts.recount(workshop_id, seats_changed=happened.seats_changed, waiting_changed=happened.waiting_changed)


def _heal(workshop: Workshop, happened: Happened, at: datetime) -> None:
    """One read for everything in the batch tells what is as it should be; the rest is looked at one by one."""
    takers = {(number, f"usr_{who}") for number, whos in happened.blocks.items() for who in whos}
    named = {row.seat_block for row in happened.rows.values() if row.seat_block is not None}
    keys = [block_key(workshop.id, number) for number in {*happened.blocks, *named}]
    keys += [attendee_key(workshop.id, user_id) for _, user_id in takers]
    found = table.read_many(keys)
    blocks = {
        number: cast("SeatBlock", found[key])
        for number in {*happened.blocks, *named}
        if (key := block_key(workshop.id, number)) in found
    }
    for number, user_id in sorted(takers):
        row = cast("Attendee | None", found.get(attendee_key(workshop.id, user_id)))
        if not (row is not None and row.is_seated and row.block == number):
            repair.heal_holder(workshop, number, user_id, at=at)
    for row in happened.rows.values():
        number = row.seat_block or 0
        if number not in blocks or seats.holder_of({number: blocks[number]}, row.user_id) is None:
            repair.heal_row(row)
    repair.hand_on(workshop, {number: block for number, block in blocks.items() if number in happened.blocks})
