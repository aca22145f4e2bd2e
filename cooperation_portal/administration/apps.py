from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "cooperation_portal.administration.site.PortalAdminSite"
