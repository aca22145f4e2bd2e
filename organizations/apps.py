from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from cooperation_portal.notices.sending import MAIL_PATHS

        from .services.accounts import first_password_path

        MAIL_PATHS["affiliation.invited"] = lambda notice: first_password_path(notice.user)
