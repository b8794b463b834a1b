"""Add forms of nouns that come with a scope and a seat, and what the gap actions ask for."""

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from governance.models import Action, AIModel, Deployment, Gap, UseCase
from office.admin_forms import PersonChoice, ReasonForm
from office.models import LegalEntity, Seat
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
        queryset=LegalEntity.objects.select_related("scope"),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="The entity that holds it; empty where several share it.",
    )
    person = PersonChoice(label="Accountable person", required=False, help_text=WHO)

    class Meta:
        model = AIModel
        fields = ("supplier", "version", "filing_number")


class SeatForm(ReasonForm):
    seat = forms.ModelChoiceField(
        queryset=Seat.objects.all(), widget=UnfoldAdminSelectWidget(), label="Seat that takes over the gaps"
    )
    field_order = ["seat", "reason"]


class ActionRecordForm(ServiceForm):
    gaps = forms.ModelMultipleChoiceField(
        queryset=Gap.objects.standing().select_related("requirement__current", "scope"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 12, "class": "border rounded-default w-full p-2"}),
        help_text="Closing the action closes no gap: a gap closes when its cause is gone.",
    )

    class Meta:
        model = Action
        fields = ("title", "person", "due_on", "status", "note")
        widgets = {"note": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["gaps"].initial = list(self.instance.items.values_list("gap_id", flat=True))
