"""The closed lists of the law. Words are those of the fact sheets."""

from django.db.models import TextChoices

from frameworks.domain.rows import UNVERIFIED as MARKS


class Force(TextChoices):
    LAW = "LAW", "Law"
    REG = "REG", "Regulation of the State Council"
    RULE = "RULE", "Departmental rule"
    NORM = "NORM", "Regulatory normative document"
    STD_M = "STD-M", "Mandatory standard"
    STD_R = "STD-R", "Recommended standard"
    CIRC = "CIRC", "Supervisory circular"
    GUIDE = "GUIDE", "Guidance"
    POLICY = "POLICY", "Policy"
    VOLUNTARY = "VOLUNTARY", "Voluntary"


class OwedBy(TextChoices):
    OFFICE = "office", "The office, once"
    ENTITY = "entity", "Each legal entity"
    MODEL = "model", "Each model"
    DEPLOYMENT = "deployment", "Each deployment"


class LegalStatus(TextChoices):
    IN_FORCE = "in_force", "In force or dated"
    PENDING = "pending", "Pending"
    PROPOSED = "proposed", "Proposed"


class PenaltyTier(TextChoices):
    FINE = "fine", "Fine"
    CIVIL = "civil", "Enforcement notice or civil claim"
    NATIONAL = "national", "Left to national rules"
    SUPERVISORY = "supervisory", "Supervisory action"
    NONE = "none", "None"


class Verification(TextChoices):
    P = "P", "Primary text read"
    S = "S", "Secondary source read"
    S_M = "S/m", "Secondary source; article number from memory, unverified"
    M = "M", "From memory, unverified"
    OJ = "OJ", "Official Journal text read"
    CONS = "CONS", "Consolidated text read"
    OMN = "OMN", "Inventory of the amendment read"
    SEC = "SEC", "Secondary source"
    IMP = "IMP", "Imported from a file, not checked"


class TextOrigin(TextChoices):
    OWN = "own", "Our words"
    OFFICIAL = "official", "Official text"
    MACHINE = "machine", "Machine translation"
    IMPORTED = "imported", "As it stands in an imported file"


class FamilyOrigin(TextChoices):
    SHIPPED = "shipped", "Shipped with the product"
    IMPORTED = "imported", "Imported by this office"


class ReviewResult(TextChoices):
    CONFIRMED = "confirmed", "Confirmed"
    CORRECTION = "correction", "Needs correction"
    OPEN = "open", "Open question"


class ItemKind(TextChoices):
    CHECKLIST = "checklist", "Point of an annex"
    ACTION = "action", "Suggested action"


UNVERIFIED = tuple(Verification(mark) for mark in MARKS)
"""Marks that screens and files must show as "not yet verified"."""
