"""The closed lists of what we do. Relationship and rationale words are those of NIST IR 8477."""

from django.db.models import TextChoices


class ControlStatus(TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Theme(TextChoices):
    GOVERNANCE = "governance", "Governance"
    ACCOUNTABILITY = "accountability", "Accountability"
    DATA = "data", "Data"
    TRANSPARENCY = "transparency", "Transparency"
    OVERSIGHT = "oversight", "Human oversight"
    TESTING = "testing", "Testing"
    SECURITY = "security", "Security"
    THIRD_PARTIES = "third parties", "Third parties"
    INCIDENTS = "incidents", "Incidents"
    RECORDS = "records", "Records"
    TRANSFERS = "transfers", "Transfers"
    FILINGS = "filings", "Filings"
    CONSUMER = "consumer protection", "Consumer protection"
    CONTENT = "content", "Content"
    SOCIETY = "society", "Society"


class RelationshipType(TextChoices):
    EQUAL = "equal", "Equal: the same is asked"
    SUPERSET = "superset", "Superset: holds all that is asked, and more"
    SUBSET = "subset", "Subset: holds a part of what is asked"
    INTERSECTS = "intersects", "Intersects: overlaps"
    NONE = "no_relationship", "No relationship"


class RationaleType(TextChoices):
    SYNTACTIC = "syntactic", "Syntactic: the wording"
    SEMANTIC = "semantic", "Semantic: the meaning"
    FUNCTIONAL = "functional", "Functional: the effect"


class MappingStatus(TextChoices):
    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    RE_REVIEW = "re_review", "Re-review"
    REJECTED = "rejected", "Rejected"


class ImplementationState(TextChoices):
    NOT_IMPLEMENTED = "not_implemented", "Not implemented"
    PLANNED = "planned", "Planned"
    PARTIAL = "partial", "Partial"
    IMPLEMENTED = "implemented", "Implemented"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class TestResult(TextChoices):
    __test__ = False

    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
