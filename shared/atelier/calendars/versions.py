"""The versions of feeds: raised when anything in a person's calendar changes."""

from collections.abc import Iterable

from pynamodb.exceptions import PynamoDBException

from atelier import table
from atelier.calendars.items import Feed, feed_item_key


def touch(user_ids: Iterable[str]) -> None:
    """Says that something in these people's calendars has changed; for those who have no feed it costs a small read.

    Twice does no harm: a calendar then looks once more and finds the same.
    """
    for item in table.read_many([feed_item_key(user_id) for user_id in user_ids], consistent=False).values():
        try:
            Feed(*item.key).update([Feed.version.set(Feed.version + 1)], condition=Feed.pk.exists())
        except PynamoDBException as error:
            if not table.condition_failed(error):
                raise
