"""The forms of the team's portal."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils import timezone

from frameworks.domain.vocabulary_terms import FlowField
from frameworks.models import Release
from frameworks.vocabulary_files import shipped_vocabulary
from governance.choices import Stage
from governance.inputs.changes import days_of_release
from governance.models import AIModel
from governance.workbook.files import KINDS
from office.history import NOW, THEN
from office.models import ApiKey, LegalEntity, Person, Scope
from office.models.scopes import EntityJurisdiction
from office.resource_base import resources


class RegisterForm(forms.Form):
    """The few things that make a use case; everything else is asked afterwards, as far as it matters."""

    title = forms.CharField(max_length=200, help_text="How people in the firm call it.")
    purpose = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What it does, for whom, and who decides in the end. Two or three sentences.",
    )
    entity = forms.ModelChoiceField(
        queryset=LegalEntity.objects.none(),
        label="Legal entity that runs it",
        help_text="Duties differ by entity; others can be added later.",
    )
    stage = forms.ChoiceField(choices=Stage.choices[:3], initial=Stage.IDEA, label="How far along is it?")
    models = forms.ModelMultipleChoiceField(
        queryset=AIModel.objects.none(),
        required=False,
        label="AI models it is built on",
        widget=forms.CheckboxSelectMultiple,
        help_text="Leave empty if you do not know yet, or if the model is not in the list.",
    )
    accountable = forms.ModelChoiceField(
        queryset=Person.objects.active(),
        label="Who answers for it?",
        help_text="One person, never a team.",
    )

    def __init__(self, *args, person: Person, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = LegalEntity.objects.visible_to(person).select_related("scope")  # type: ignore[attr-defined]
        self.fields["models"].queryset = AIModel.objects.visible_to(person).select_related("scope")  # type: ignore[attr-defined]
        self.fields["accountable"].initial = person.pk


class DeploymentForm(forms.Form):
    """A further entity that runs the same use case."""

    entity = forms.ModelChoiceField(queryset=LegalEntity.objects.none(), label="Legal entity")
    stage = forms.ChoiceField(choices=Stage.choices[:3], initial=Stage.IDEA)

    def __init__(self, *args, person: Person, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = LegalEntity.objects.visible_to(person).select_related("scope")  # type: ignore[attr-defined]


PLACES = dict(EntityJurisdiction.choices)
NOBODY_KNOWS = ("", "Nobody knows yet")


class TransferForm(forms.Form):
    """One data flow across a border; its fields are those of the vocabulary's flow form, and any may be left open."""

    name = forms.SlugField(max_length=60, label="Short name of the flow", help_text="Letters, digits and hyphens.")

    def __init__(self, *args, record: Mapping[str, object] | None = None, name: str = "", **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].disabled = bool(name)
        for key, field in shipped_vocabulary().flows.fields.items():
            if key != "id":
                self.fields[key] = _flow_field(field)
                self.fields[key].initial = _shown((record or {}).get(key))

    def record(self) -> dict[str, object]:
        """The answers as the vocabulary writes them; what was left open is left out."""
        kinds = shipped_vocabulary().flows.fields
        return {
            key: value == "true" if kinds[key].type == "boolean" else value
            for key, value in self.cleaned_data.items()
            if key != "name" and value not in (None, "")
        }


def _shown(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _flow_field(field: FlowField) -> forms.Field:
    told: dict[str, Any] = {"label": field.question, "help_text": field.help, "required": False}
    if field.type == "boolean":
        return forms.ChoiceField(choices=[NOBODY_KNOWS, ("true", "Yes"), ("false", "No")], **told)
    if field.type == "choice":
        names = [(word, PLACES.get(word, word.replace("_", " ").capitalize())) for word in field.choices]
        return forms.ChoiceField(choices=[NOBODY_KNOWS, *names], **told)
    if field.type == "number":
        return forms.IntegerField(min_value=0, **told)
    return forms.CharField(max_length=200, **told)


class DaysForm(forms.Form):
    """The two clocks of a report, and whether the office looks back too."""

    on = forms.DateField(required=False, label="On", widget=forms.DateInput(attrs={"type": "date"}))
    known_on = forms.DateField(required=False, label="As known on", widget=forms.DateInput(attrs={"type": "date"}))
    answers = forms.ChoiceField(
        required=False,
        label="Answers and controls",
        choices=[(THEN, "as they stood then"), (NOW, "as they stand now")],
    )


class ChangesForm(forms.Form):
    """Two days of knowledge, given as days or by a release, and the day on which dates are placed."""

    release = forms.ChoiceField(required=False, label="A release", help_text="Or two days of your own:")
    before = forms.DateField(required=False, label="Known before", widget=forms.DateInput(attrs={"type": "date"}))
    after = forms.DateField(required=False, label="Known after", widget=forms.DateInput(attrs={"type": "date"}))
    on = forms.DateField(required=False, label="Placed on", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, releases: list[Release], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._releases = {str(release.pk): release for release in releases}
        named = [(pk, f"{row.family}, {row.known_from}: {row.title}") for pk, row in self._releases.items()]
        self.fields["release"].choices = [("", "–"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict:
        """The two days; a release stands for the day before it and its own."""
        cleaned = super().clean() or {}
        release = self._releases.get(cleaned.get("release") or "")
        if release is not None:
            cleaned["before"], cleaned["after"] = days_of_release(release)
            cleaned["family"] = release.family.key
        before, after = cleaned.get("before"), cleaned.get("after")
        if not self.errors and not (before and after):
            raise forms.ValidationError("Choose a release, or give two days.")
        if before and after and before >= after:
            self.add_error("after", f"{after} does not come after {before}; what changed is read from the earlier day.")
        return cleaned


class CrosswalkForm(forms.Form):
    """Two frameworks and the days of a crosswalk workbook."""

    focal = forms.ChoiceField(label="Focal framework", help_text="Rows are read from here …")
    reference = forms.ChoiceField(label="Reference framework", help_text="… to here.")
    on = forms.DateField(required=False, label="On", widget=forms.DateInput(attrs={"type": "date"}))
    format = forms.ChoiceField(
        required=False,
        label="As",
        choices=[(key, kind.title) for key, kind in KINDS.items()],
        help_text="The workbook can be edited and brought back under “Sheets”.",
    )

    def __init__(self, *args, frameworks: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("focal", "reference"):
            self.fields[name].choices = frameworks  # type: ignore[attr-defined]

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if cleaned.get("focal") and cleaned.get("focal") == cleaned.get("reference"):
            self.add_error("reference", "Choose another framework than the focal one.")
        return cleaned


class KeyForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(max_length=80, label="What will use it?", help_text="For example: nightly inventory.")
    access = forms.ChoiceField(choices=ApiKey.Access.choices, label="What may it do?", help_text="Never more than you.")
    expires_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="A year at most. Then make another; two can stand beside each other while you change over.",
    )


class ImportForm(forms.Form):
    """A file that changes the office; its plan is shown first."""

    file = forms.FileField(
        label="File",
        help_text="A sheet (Excel, OpenDocument or CSV in UTF-8; at most 25 MB and 100,000 rows), or a library that others made: "
        "CISO Assistant YAML, OSCAL or CPRT JSON, a published crosswalk of two columns.",
    )
    noun = forms.ChoiceField(required=False, label="What it holds", help_text="Recognised by its content if left open.")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        names = [(one.noun, one.title) for one in resources()]
        self.fields["noun"].choices = [("", "Recognise it"), *names]  # type: ignore[attr-defined]


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
