from django.db import models
from django.db.models import Q

from frameworks.domain.clocks import AT_LEAST, AUTHORITY, NO_HOLIDAYS, Clock
from frameworks.vocabulary_files import shipped_clocks
from governance.querysets import RunningClockQuerySet
from office.models.base import Recorded


class RunningClock(Recorded):
    """One clock of the law that runs, or ran, in a subject: from a moment, until a moment, with what was done."""

    scope_path = "scope"

    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="clocks", verbose_name="subject")
    clock = models.CharField(max_length=80, help_text="Key of the list of clocks.")
    started_at = models.DateTimeField(
        "started", help_text="The moment of the event; of a duty that comes again, when it was last done."
    )
    due_at = models.DateTimeField("due", help_text="As it was counted when the clock was started.")
    recurs = models.BooleanField(default=False, help_text="Whether stopping it starts its next run.")
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="clocks_recorded")
    stopped_at = models.DateTimeField("done", null=True, blank=True, help_text="Empty while it runs.")
    stopped_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="clocks_stopped", null=True, blank=True
    )
    proof = models.TextField("what was done", blank=True, max_length=5000)

    objects = RunningClockQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="clock_in_order"),
            models.Index(fields=["scope", "stopped_at"], name="clock_by_scope"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(clock=""),
                name="clock_is_named",
                violation_error_message="Say which clock it is.",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stopped_by__isnull=True, proof="")
                | (Q(stopped_at__isnull=False, stopped_by__isnull=False) & ~Q(proof="")),
                name="clock_stopped_needs_all",
                violation_error_message="A stopped clock says when it was stopped, by whom, and what was done.",
            ),
            models.UniqueConstraint(
                fields=["scope", "clock"],
                condition=Q(recurs=True, stopped_at__isnull=True),
                name="clock_recurs_once",
                violation_error_message="This duty runs here already; stop that run, and the next begins by itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.scope}"

    @property
    def rule(self) -> Clock | None:
        """The clock as the list has it today; None when a later list does not know it any more."""
        return shipped_clocks().clocks.get(self.clock)

    @property
    def title(self) -> str:
        return self.rule.title if self.rule else self.clock

    @property
    def is_kept(self) -> bool:
        """A time for which something is kept: when it is over nobody is late."""
        return self.rule is not None and self.rule.direction == AT_LEAST

    @property
    def is_waiting(self) -> bool:
        """An authority owes the office an answer."""
        return self.rule is not None and self.rule.kept_by == AUTHORITY

    @property
    def caveat(self) -> str:
        """What must be known about how it was counted."""
        return NO_HOLIDAYS if self.rule is not None and self.rule.unit == "working_days" else ""
