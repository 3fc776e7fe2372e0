"""Making a series and its first workshops: one read, one transaction, so that never a part of them is there.

A rule gives one workshop a day at most. So there are 91 at most in 90 days, and with the series, its description and
the record of the request they are within the 100 items that a transaction takes.
"""

from collections.abc import Callable, Sequence
from typing import cast
from zoneinfo import ZoneInfo

from pynamodb.exceptions import TransactWriteError

from atelier import clock, table
from atelier.accounts import profiles
from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile, profile_key
from atelier.categories.items import category_key
from atelier.errors import RequestInProgressError, ValidationFailedError
from atelier.idempotency import Guard
from atelier.ids import new_id
from atelier.series import making, recurrence, rules, shapes
from atelier.series.items import Series, SeriesDescription, series_description_key, series_key
from atelier.series.schemas import SeriesDetail, SeriesInput
from atelier.table import Item
from atelier.workshops.creation import usable_category
from atelier.workshops.hosting import host_of
from atelier.workshops.items import Workshop


def create(
    caller: Caller,
    wanted: SeriesInput,
    guard: Guard | None,
    *,
    locate: Callable[[str], str],
    at: clock.Clock = clock.now,
) -> tuple[SeriesDetail, int]:
    """Makes a series and its workshops up to 90 days ahead; gives back its full shape and its version.

    What is past or begins within 15 minutes is not made. `locate` says where a series of an id is found.
    Raises ReplayedError or IdempotencyKeyReusedError when the guard's key was used before, AccountSuspendedError,
    HostingRevokedError, UnknownCategoryError, UnknownHostError, and ValidationFailedError for a rule that never happens
    or has nothing ahead, and when somebody else than an administrator names a host.
    """
    host_id = wanted.host_id or caller.id
    category_at = category_key(wanted.category_id) if wanted.category_id else None
    keys = [profile_key(caller.id), profile_key(host_id), category_at, guard.key if guard else None]
    found = table.read_many(key for key in keys if key is not None)
    profile = profiles.seen(caller, cast("Profile | None", found.get(profile_key(caller.id))))
    profiles.require_active(profile)
    if guard:
        guard.check(found.get(guard.key))
    host = host_of(caller, profile, wanted.host_id, found.get(profile_key(host_id)))
    category = usable_category(found.get(category_at)) if category_at else None
    _require_sense(wanted)
    series = _new_series(new_id("ser", at=at), host_id, wanted, at=at)
    made = _first_workshops(series, at)
    shape = shapes.detail(series, host, category, caller, follower=None, description=wanted.description, made=made)
    _write(series, wanted.description, made, guard, body=shape.model_dump_json(), location=locate(series.id))
    return shape, int(series.version)


def _require_sense(wanted: SeriesInput) -> None:
    rule, zone = rules.parse(wanted.rrule), ZoneInfo(wanted.timezone)
    try:
        recurrence.first_date(rule, wanted.start_date, wanted.time_of_day, zone)
    except rules.BadRuleError as error:
        raise _refused(str(error)) from None


def _refused(reason: str) -> ValidationFailedError:
    return ValidationFailedError(errors=[{"loc": ["rrule"], "msg": reason}])


def _new_series(series_id: str, host_id: str, wanted: SeriesInput, *, at: clock.Clock) -> Series:
    now = clock.whole_seconds(at())
    told = wanted.model_dump(exclude={"description", "host_id", "start_date", "time_of_day", "location"})
    return Series(
        *series_key(series_id),
        version=1,
        created_at=now,
        updated_at=now,
        host_id=host_id,
        location=wanted.location or None,
        start_date=wanted.start_date.isoformat(),
        time_of_day=wanted.time_of_day.strftime("%H:%M"),
        rules_from=wanted.start_date.isoformat(),
        **told,
    )


def _first_workshops(series: Series, at: clock.Clock) -> list[Workshop]:
    """The workshops of the first 90 days; the series knows afterwards when the next one has to be made."""
    now = at()
    until = making.horizon(series, now)
    days = making.dates(series, first=until - making.HORIZON, last=until)
    made = [making.occurrence(series, day, now=now) for day in days if making.is_ahead(series, day, now)]
    making.advance(series, until)
    if not made and series.feed_key is None:
        raise _refused("has come to its end: nothing of it is ahead")
    return made


def _write(
    series: Series, description: str, made: Sequence[Workshop], guard: Guard | None, *, body: str, location: str
) -> None:
    try:
        with table.transaction() as transaction:
            for item in (series, *made):
                transaction.save(item, condition=Item.pk.does_not_exist())
            if description:
                transaction.save(SeriesDescription(*series_description_key(series.id), text=description))
            if guard:
                guard.write(transaction, body=body, location=location, version=int(series.version))
    except TransactWriteError as error:
        if guard is None or not table.failed_conditions(error):
            raise
        # A twin of this request was faster. Its record stands now, unless it is so old that it is none.
        guard.check(table.read_one(guard.key))
        raise RequestInProgressError from error
