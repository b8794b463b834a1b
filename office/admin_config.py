from django.contrib.admin.apps import AdminConfig


class OfficeAdminConfig(AdminConfig):
    """Django's admin with our site, which asks the roles of people who may come in."""

    default_site = "office.admin_site.OfficeSite"
