"""Find out in a job what stands before people's mailboxes; nobody ever waits for it.

Dying in between asks the same again.
"""

import time
from datetime import timedelta

from nurture import leads
from nurture.kernel import shared_values
from nurture.kernel.work import Work, Works
from nurture.leads import HostFound, MxLookup

AT_A_TIME = 50
SECONDS = 40.0
"""How long one job asks; what is left comes with the next."""
SILENCES = 5
"""So many domains in a row of which nobody tells: it is the network, not they."""
EVERY = timedelta(minutes=1)


def due(work: Work, *, who: str) -> bool:
    """Tell once a minute, to one of all ticks, that there are domains to ask for."""
    if not leads.hosts_due(work, limit=1):
        return False
    return shared_values.take_lease(work, "lookups_due", holder=who, for_=EVERY)


def look_up(works: Works, names: MxLookup) -> int:
    """Ask for what is due, and remember it; count the domains of which somebody told."""
    told, silent, until = 0, 0, time.monotonic() + SECONDS
    while silent < SILENCES and time.monotonic() < until:
        with works.read("worker") as work:
            domains = leads.hosts_due(work, limit=AT_A_TIME)
        if not domains:
            break
        found: list[HostFound] = []
        for domain in domains:
            one = _ask(names, domain)
            found.append(one)
            silent = silent + 1 if one.servers is None else 0
            if silent >= SILENCES or time.monotonic() > until:
                break
        with works.begin("worker") as work:
            leads.note_servers(work, found)
        told += sum(one.servers is not None for one in found)
    return told


def _ask(names: MxLookup, domain: str) -> HostFound:
    try:
        return HostFound(domain, names.mail_servers(domain))
    except leads.NamesUnavailable:
        return HostFound(domain, None)
