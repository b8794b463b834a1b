"""The nouns of the office: people, scopes, seats, rights, the journal and long work."""

from office.models.access import ApiKey, Replay
from office.models.jobs import Job
from office.models.journal import JournalBatch, JournalEvent, JournalHead
from office.models.notices import Delivery, Notice, Webhook
from office.models.people import Membership, Person
from office.models.scopes import LegalEntity, Office, Scope
from office.models.seats import Handover, HandoverSeat, Seat, Tenure
from office.models.uploads import Upload

__all__ = [
    "ApiKey",
    "Delivery",
    "Handover",
    "HandoverSeat",
    "Job",
    "JournalBatch",
    "JournalEvent",
    "JournalHead",
    "LegalEntity",
    "Membership",
    "Notice",
    "Office",
    "Person",
    "Replay",
    "Scope",
    "Seat",
    "Tenure",
    "Upload",
    "Webhook",
]
