"""The addresses under /api/."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

import controls.api
import frameworks.api
import governance.api
import office.api
from office.rest.problems import nothing_here

router = SimpleRouter()
for _app in (office.api, frameworks.api, controls.api, governance.api):
    for _name, _viewset in _app.ROUTES:
        router.register(_name, _viewset, basename=_name)

_reports = (*office.api.REPORTS, *governance.api.REPORTS)
v1 = [*router.urls, *(path(f"{name}/", view.as_view(), name=view.__name__) for name, view in _reports)]

urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    re_path("", nothing_here),
]
