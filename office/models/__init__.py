"""The nouns of the office: people, scopes, seats, rights, the journal and long work."""

from office.models.jobs import Job
from office.models.journal import JournalBatch, JournalEvent, JournalHead
from office.models.people import Membership, Person
from office.models.scopes import LegalEntity, Office, Scope
from office.models.seats import Handover, HandoverSeat, Seat, Tenure

__all__ = [
    "Handover",
    "HandoverSeat",
    "Job",
    "JournalBatch",
    "JournalEvent",
    "JournalHead",
    "LegalEntity",
    "Membership",
    "Office",
    "Person",
    "Scope",
    "Seat",
    "Tenure",
]
