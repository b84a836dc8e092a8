"""Whether a host is this machine, where plain HTTP and a database without TLS are let pass."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Return whether a host name or IP address is `localhost`, in 127.0.0.0/8 or ::1."""
    # By value, not by how it begins: 127.example.org is somewhere else and would get secrets in the clear.
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
