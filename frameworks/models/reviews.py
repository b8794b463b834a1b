from django.db import models

from frameworks.choices import ReviewResult
from frameworks.querysets import ReviewQuerySet
from office.models.base import Recorded, choices_check


class CounselReview(Recorded):
    """Who checked what a requirement says here against its source, when, and with what result.

    It belongs to the office and stands beside the shipped verification mark, which it never changes. It speaks of one
    version: a newer one has to be looked at anew. A review is not corrected; a later one follows it.
    """

    version = models.ForeignKey(
        "frameworks.RequirementVersion", on_delete=models.PROTECT, related_name="counsel_reviews"
    )
    reviewed_by = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="counsel_reviews")
    reviewed_on = models.DateField()
    result = models.CharField(max_length=12, choices=ReviewResult.choices)
    source_read = models.CharField(max_length=300, help_text="The text it was checked against, with its date.")
    note = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-reviewed_on", "-pk"]
        verbose_name = "counsel's review"
        verbose_name_plural = "counsel's reviews"
        constraints = [choices_check("result", ReviewResult, "counsel_review_result_is_known")]

    def __str__(self) -> str:
        return f"{self.get_result_display()} by {self.reviewed_by} on {self.reviewed_on}"
