"""What the portal asks for when clocks are started and stopped."""

from collections.abc import Iterable

from django import forms
from django.utils import timezone

from office.models import Scope

MINUTE = "%Y-%m-%dT%H:%M"


def moment_field(**told) -> forms.DateTimeField:
    """A moment in the office's zone, to the minute, as a browser asks for it."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE)
    return forms.DateTimeField(widget=widget, initial=lambda: timezone.localtime().replace(second=0), **told)


class WhenForm(forms.Form):
    """First step: where it happened and when. The deadlines are shown before anything is saved."""

    subject = forms.ChoiceField(
        label="Where?", help_text="The subject in which it happened: whoever answers for it is told."
    )
    at = moment_field(label="When?")

    def __init__(self, *args, scopes: Iterable[Scope], asks: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._scopes = {scope.key: scope for scope in scopes}
        named = [(key, f"{scope.name} ({scope.get_kind_display().lower()})") for key, scope in self._scopes.items()]
        self.fields["subject"].choices = [("", "Choose"), *named]  # type: ignore[attr-defined]
        self.fields["at"].label = asks
        self.fields["at"].help_text = f"In the office's zone, {timezone.get_default_timezone()}."

    @property
    def scope(self) -> Scope:
        return self._scopes[self.cleaned_data["subject"]]


class StartForm(WhenForm):
    """Second step: which of the clocks."""

    note = forms.CharField(max_length=500, required=False, help_text="For example the number of the ticket.")
    clock = forms.MultipleChoiceField(
        label="Clocks", error_messages={"required": "Choose at least one clock."}, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, clocks: Iterable[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clock"].choices = list(clocks)  # type: ignore[attr-defined]


class StopForm(forms.Form):
    """What was done, and when. A duty that comes again starts its next run unless it ends here."""

    done_at = moment_field(label="When was it done?")
    proof = forms.CharField(
        label="What was done?",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="And where the proof is: a receipt, a number, a file. An auditor will read it.",
    )
    ends = forms.BooleanField(
        required=False, label="It does not come again here", help_text="The duty fell away, or was started by mistake."
    )

    def __init__(self, *args, recurs: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not recurs:
            del self.fields["ends"]
