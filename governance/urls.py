from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from governance import views

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "login/", LoginView.as_view(template_name="portal/login.html", redirect_authenticated_user=True), name="login"
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", views.register, name="register"),
    path("crosswalk/", views.crosswalk, name="crosswalk"),
    path("use-cases/<slug:ref>/", views.use_case, name="use-case"),
    path("use-cases/<slug:ref>/deployments/", views.add_deployment, name="add-deployment"),
    path("deployments/<slug:key>/", views.duties, name="duties"),
    path("deployments/<slug:key>/questions/", views.questions, name="questions"),
    path("deployments/<slug:key>/flows/", views.transfer, name="add-flow"),
    path("deployments/<slug:key>/flows/<slug:name>/", views.transfer, name="flow"),
    path("deployments/<slug:key>/answer/", views.answer, name="answer"),
    path("handovers/<int:pk>/", views.confirm_handover, name="confirm-handover"),
    path("recompute/", views.recompute, name="recompute"),
    path("api/", include("governance.api_urls")),
    path("admin/", admin.site.urls),
]
