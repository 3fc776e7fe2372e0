"""Who hosts what somebody makes: they themselves, or whom an administrator names."""

from atelier.accounts.caller import Caller
from atelier.accounts.items import Profile
from atelier.errors import HostingRevokedError, UnknownHostError, ValidationFailedError
from atelier.table import Item


def host_of(caller: Caller, profile: Profile, host_id: str | None, named: Item | None) -> Profile:
    """The host of something new. profile: the caller's. host_id: whom they name, if anybody; named: the profile there.

    Raises HostingRevokedError, ValidationFailedError when somebody else than an administrator names a host, and
    UnknownHostError when who is named may not host.
    """
    if host_id is None:
        if not profile.can_host:
            raise HostingRevokedError
        return profile
    if not caller.is_admin:
        raise ValidationFailedError(errors=[{"loc": ["host_id"], "msg": "may be set by administrators only"}])
    host = profile if host_id == caller.id else named
    if not isinstance(host, Profile) or not may_host(host):
        raise UnknownHostError
    return host


def may_host(profile: Profile) -> bool:
    """Whether somebody may have new workshops. What they host already goes on in any case."""
    return bool(profile.can_host) and profile.status == "active"
