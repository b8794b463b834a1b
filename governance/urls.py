from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from governance import probes
from governance.views import answers, imports, law, mine, reports, use_cases, work

urlpatterns = [
    path("", use_cases.home, name="home"),
    path(
        "login/", LoginView.as_view(template_name="portal/login.html", redirect_authenticated_user=True), name="login"
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", use_cases.register, name="register"),
    path("law/changes/", law.changes, name="law-changes"),
    path("law/verification/", law.verification, name="law-verification"),
    path("crosswalk/", reports.crosswalk, name="crosswalk"),
    path("use-cases/<slug:ref>/", use_cases.use_case, name="use-case"),
    path("use-cases/<slug:ref>/deployments/", use_cases.add_deployment, name="add-deployment"),
    path("deployments/<slug:key>/", reports.duties, name="duties"),
    path("deployments/<slug:key>/questions/", answers.questions, name="questions"),
    path("deployments/<slug:key>/flows/", answers.transfer, name="add-flow"),
    path("deployments/<slug:key>/flows/<slug:name>/", answers.transfer, name="flow"),
    path("deployments/<slug:key>/answer/", answers.answer, name="answer"),
    path("handovers/<int:pk>/", mine.confirm_handover, name="confirm-handover"),
    path("keys/", mine.keys, name="keys"),
    path("keys/<int:pk>/revoke/", mine.revoke_key, name="revoke-key"),
    path("calendar/<str:text>.ics", mine.calendar, name="calendar"),
    path("sheets/", imports.sheets, name="sheets"),
    path("sheets/<slug:noun>/template/", imports.template, name="sheet-template"),
    path("sheets/<slug:noun>/export/", imports.export, name="sheet-export"),
    path("imports/<int:pk>/", imports.plan, name="import"),
    path("imports/<int:pk>/apply/", imports.apply, name="apply-import"),
    path("imports/<int:pk>/refused/", imports.refused, name="refused-rows"),
    path("work/", work.work, name="work"),
    path("work/<int:pk>/", work.job, name="job"),
    path("work/<int:pk>/cancel/", work.cancel, name="cancel-job"),
    path("work/<int:pk>/file/", work.job_file, name="job-file"),
    path("recompute/", reports.recompute, name="recompute"),
    path("api/", include("governance.api_urls")),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
