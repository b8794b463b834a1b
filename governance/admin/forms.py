"""Add forms of nouns that come with a scope and a seat, and what the gap actions ask for."""

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from governance.models import Action, AIModel, Deployment, Gap, UseCase
from office.admin_forms import PersonChoice, ReasonForm
from office.models import LegalEntity, Person, Seat, Tenure
from office.service_admin import ServiceForm

WHO = "The one person who answers for it; without one it stays a draft."


class NewUseCaseForm(ServiceForm):
    person = PersonChoice(label="Accountable person", required=False, help_text=WHO)

    class Meta:
        model = UseCase
        fields = ("title", "purpose", "ref", "status")
        labels = {"ref": "Reference"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "ref" in self.fields:
            self.fields["ref"].required = False
            self.fields["ref"].help_text = "Left empty, the next number is given."


class NewDeploymentForm(ServiceForm):
    person = PersonChoice(label="Accountable person", required=False, help_text=WHO)
    key = forms.SlugField(
        required=False, widget=UnfoldAdminTextInputWidget(), help_text="Left empty, made from use case and entity."
    )

    class Meta:
        model = Deployment
        fields = ("use_case", "entity", "stage")


class DeploymentForm(ServiceForm):
    models = forms.ModelMultipleChoiceField(
        queryset=AIModel.objects.select_related("scope"),
        required=False,
        label="AI models it is built on",
        widget=forms.SelectMultiple(attrs={"size": 8, "class": "border rounded-default w-full p-2"}),
    )

    class Meta:
        model = Deployment
        fields = ("stage",)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "models" in self.fields:
            self.fields["models"].initial = list(self.instance.model_links.values_list("model_id", flat=True))


class NewModelForm(ServiceForm):
    key = forms.SlugField(widget=UnfoldAdminTextInputWidget(), help_text="Public identifier, e.g. retail-score.")
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    holder = forms.ModelChoiceField(
        queryset=LegalEntity.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="The entity that holds it; empty where several share it.",
    )
    person = PersonChoice(label="Accountable person", required=False, help_text=WHO)

    class Meta:
        model = AIModel
        fields = ("supplier", "version", "filing_number")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "holder" in self.fields:
            self.fields["holder"].queryset = LegalEntity.objects.visible_to(self.caller)  # type: ignore[attr-defined]


class SeatForm(ReasonForm):
    """Seats that the person sees and somebody sits on."""

    seat = forms.ModelChoiceField(
        queryset=Seat.objects.none(), widget=UnfoldAdminSelectWidget(), label="Seat that takes over the gaps"
    )
    field_order = ["seat", "reason"]

    def __init__(self, *args, person: Person | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        taken = Seat.objects.visible_to(person).filter(tenures__in=Tenure.objects.open())
        self.fields["seat"].queryset = taken  # type: ignore[attr-defined]


class WorkForm(forms.Form):
    """A standing action, or what a new one needs."""

    standing = forms.ModelChoiceField(
        queryset=Action.objects.open(), required=False, widget=UnfoldAdminSelectWidget(), label="An action that stands",
        help_text="Or leave it empty and fill in the three fields of a new one.",
    )  # fmt: skip
    title = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget())
    person = PersonChoice(required=False, label="Who does it")
    due_on = forms.DateField(required=False, widget=UnfoldAdminDateWidget(), label="Due on")

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if cleaned.get("standing") is None:
            for name in ("title", "person", "due_on"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "A new action needs this; or choose one that stands.")
        return cleaned


class ActionRecordForm(ServiceForm):
    """An action with the gaps it works on; further gaps are added from the list of gaps."""

    gaps = forms.ModelMultipleChoiceField(
        queryset=Gap.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Take a tick away to stop working on a gap. Add gaps from their list: choose them there and “Work on "
        "these with an action”. Closing the action closes no gap: a gap closes when its cause is gone.",
    )

    class Meta:
        model = Action
        fields = ("title", "person", "due_on", "status", "note")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "gaps" in self.fields and self.instance.pk:
            chosen = Gap.objects.filter(action_items__action=self.instance).select_related(
                "requirement__current", "scope"
            )
            self.fields["gaps"].queryset = chosen  # type: ignore[attr-defined]
            self.fields["gaps"].initial = [gap.pk for gap in chosen]
