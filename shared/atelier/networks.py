"""Whose an address on the internet is, as far as it tells people apart who have no account."""

import ipaddress
from hashlib import sha256

NETWORK_BITS = 64


def network_of(source_address: str) -> str:
    """A hash that all requests of one address have in common; of IPv6, those of one network of 64 bits."""
    return sha256(_network(source_address).encode()).hexdigest()[:32]


def _network(source_address: str) -> str:
    try:
        address = ipaddress.ip_address(source_address)
    except ValueError:
        return source_address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), NETWORK_BITS), strict=False))
    return str(address)
