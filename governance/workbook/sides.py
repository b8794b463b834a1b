"""The two frameworks of a crosswalk, each a family or one instrument of it, with the rows known on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError

from frameworks.domain.rows import Row
from frameworks.inputs import rows_known_on
from frameworks.models import Family, Instrument, Release
from office.domain.words import nearest


@dataclass(frozen=True)
class Framework:
    """One side: `version` names the release whose texts stand in `rows`."""

    key: str
    title: str
    family: str
    version: str
    rows: tuple[Row, ...]
    known_on: date


def find_frameworks(keys: Sequence[str], known_on: date) -> list[Framework]:
    """By the keys of families or instruments. Refuses unknown keys and names the nearest. Six queries in all."""
    families = {family.key.lower(): family for family in Family.objects.all()}
    instruments = {row.ref.lower(): row for row in Instrument.objects.select_related("family")}
    known = [*(row.key for row in families.values()), *(row.ref for row in instruments.values())]
    problems = [
        f"There is no family or instrument “{key}”.{nearest(key, known)} Families: "
        f"{', '.join(row.key for row in families.values()) or 'none is loaded; run load_catalogues'}."
        for key in keys
        if key.lower() not in families and key.lower() not in instruments
    ]
    if problems:
        raise ValidationError(problems)
    releases = {row.family_id: row for row in Release.objects.filter(known_from__lte=known_on).order_by("known_from")}
    rows = [row for row in rows_known_on(known_on) if not row.heading and not row.context]

    def side(key: str) -> Framework:
        family, instrument = families.get(key.lower()), instruments.get(key.lower())
        owner = family or instrument.family  # type: ignore[union-attr]
        release = releases.get(owner.pk)
        version = version_of(release.known_from) if release else "no release known by then"
        mine = [row for row in rows if row.family == owner.key]
        if family is None and instrument is not None:
            mine = [row for row in mine if row.instrument == instrument.ref]
            return Framework(instrument.ref, instrument.title, owner.key, version, tuple(mine), known_on)
        return Framework(owner.key, owner.title, owner.key, version, tuple(mine), known_on)

    return [side(key) for key in keys]


def version_of(known_from: date) -> str:
    """How a sheet names a release."""
    return f"release of {known_from}"
