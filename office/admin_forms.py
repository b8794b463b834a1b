"""What the office's actions ask for."""

from django import forms
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from office.models import Person


class PersonChoice(forms.ModelChoiceField):
    """One active person of the directory."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("widget", UnfoldAdminSelectWidget())
        super().__init__(queryset=Person.objects.active(), **kwargs)

    def label_from_instance(self, obj: Person) -> str:
        return f"{obj.name}, {obj.title}" if obj.title else obj.name


class ReasonForm(forms.Form):
    """What every action asks for."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), help_text="Kept in the journal; an auditor will read it."
    )


class AssignForm(ReasonForm):
    person = PersonChoice(label="Accountable person")
    field_order = ["person", "reason"]


class HandOverForm(ReasonForm):
    taker = PersonChoice(label="Who takes over", help_text="Both sides confirm before the seats move.")
    field_order = ["taker", "reason"]


class AcceptForm(ReasonForm):
    until = forms.DateField(
        label="Accepted until",
        widget=UnfoldAdminDateWidget(),
        help_text="The gap reopens on the next day.",
    )
    field_order = ["until", "reason"]


class NoteForm(forms.Form):
    note = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        required=False,
        help_text="Optional; shown to the proposer.",
    )
