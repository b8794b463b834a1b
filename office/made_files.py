"""Who may have the file that long work made. Who sees the work may, unless its kind asks for more at that moment."""

from collections.abc import Callable

from office.models import Job, Person
from office.services import rights

Rule = Callable[[Person], bool]
_rules: dict[str, Rule] = {}


def only_for(kind: str, rule: Rule) -> None:
    """Files of this kind go to whom the rule lets have them when they ask, whoever asked for the work."""
    _rules[kind] = rule


def may_have(person: Person, job: Job) -> bool:
    """Of a job that the person sees."""
    return job.kind not in _rules or _rules[job.kind](person)


def refuse_unless_theirs(person: Person, job: Job) -> None:
    """As `may_have`; a sentence for who may not."""
    if not may_have(person, job):
        raise rights.Forbidden(f"{person} cannot have this file: it takes a role that they do not hold any more.")
