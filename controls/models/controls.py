import hashlib
import json

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from controls.choices import ControlStatus, Theme
from controls.domain.library import DAYS
from controls.querysets import ControlQuerySet
from office.models.base import Recorded, choices_check

TEXT_FIELDS = ("title", "objective", "guidance", "evidence", "test_procedure")
a_name = RegexValidator(
    r"^\w[\w.-]*\Z",
    "A reference begins with a letter or digit and has letters, digits, dots, hyphens and underscores only: it is part of "
    "an address.",
)


class Control(Recorded):
    """One thing the firm does, common to many requirements, with one accountable person on its seat."""

    ref = models.CharField("reference", max_length=40, unique=True, validators=[a_name])
    title = models.CharField(max_length=200)
    theme = models.CharField(max_length=20, choices=Theme.choices)
    objective = models.TextField()
    guidance = models.TextField(blank=True)
    evidence = models.TextField("typical evidence", blank=True)
    test_procedure = models.TextField(blank=True)
    cadence = models.CharField(max_length=300, blank=True)
    test_every_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(DAYS[0]), MaxValueValidator(DAYS[1])],
        help_text=f"Days after which a passed test is overdue, at most {DAYS[1]}; empty: no test is due.",
    )
    evidence_required = models.BooleanField(default=True)
    specific = models.BooleanField(
        default=False, help_text="Must be run in each deployment; inherits nothing from above."
    )
    settings = models.JSONField("settings by market", default=dict, blank=True)
    status = models.CharField(max_length=10, choices=ControlStatus.choices, default=ControlStatus.DRAFT)
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="control", editable=False)

    objects = ControlQuerySet.as_manager()

    class Meta:
        ordering = ["ref"]
        constraints = [
            choices_check("status", ControlStatus, "control_status_is_known"),
            choices_check("theme", Theme, "control_theme_is_known"),
            models.CheckConstraint(
                condition=Q(test_every_days__isnull=True)
                | Q(test_every_days__gte=DAYS[0], test_every_days__lte=DAYS[1]),
                name="control_test_days_in_bounds",
                violation_error_message=f"A test is due again after {DAYS[0]} to {DAYS[1]} days; leave it empty for no test.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def text_digest(self) -> str:
        """What an approval was given against: SHA-256 over the words of the control."""
        words = json.dumps([getattr(self, name) for name in TEXT_FIELDS], ensure_ascii=False)
        return hashlib.sha256(words.encode()).hexdigest()
