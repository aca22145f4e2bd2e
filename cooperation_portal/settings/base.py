"""Settings that hold everywhere. What differs by place comes from the environment (`environment.py`)."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from . import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = environment.SECRET_KEY
SECRET_KEY_FALLBACKS = environment.SECRET_KEY_FALLBACKS
DEBUG = False
ALLOWED_HOSTS = environment.ALLOWED_HOSTS
SITE_URL = environment.SITE_URL

INSTALLED_APPS = [
    "cooperation_portal.interface",
    "cooperation_portal.access",
    "cooperation_portal.audit",
    "cooperation_portal.changes",
    "cooperation_portal.notices",
    "cooperation_portal.records",
    "cooperation_portal.api",
    "cooperation_portal.snapshots",
    "cooperation_portal.webhooks",
    "cooperation_portal.bundles",
    "cooperation_portal.examples",
    "organizations",
    "assistance",
    "meetings",
    "cooperation_portal.administration.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
]

MIDDLEWARE = [
    "cooperation_portal.health.HealthMiddleware",
    "cooperation_portal.api.plain_http.PlainHttpMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cooperation_portal.audit.middleware.RequestContextMiddleware",
    "cooperation_portal.api.polls.PollMiddleware",
    "csp.middleware.CSPMiddleware",
    "cooperation_portal.access.middleware.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cooperation_portal.access.middleware.SessionRulesMiddleware",
    "axes.middleware.AxesMiddleware",
    "cooperation_portal.access.middleware.ReadOnlyMiddleware",
]

ROOT_URLCONF = "cooperation_portal.urls"
WSGI_APPLICATION = "cooperation_portal.wsgi.application"
ASGI_APPLICATION = "cooperation_portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cooperation_portal.interface.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Counts of sign-ins and mails that all web processes share; in the database, so that no other server is needed for it.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "access_cache"},
}

AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[1540 Cooperation Network] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
ACCOUNT_ADAPTER = "cooperation_portal.access.accounts.PortalAccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "organizations.forms.signup.SignupNameForm"
ACCOUNT_FORMS = {"reset_password_from_key": "organizations.forms.password.FirstOrNewPasswordForm"}
# Failed sign-ins are counted by axes first; this limit also holds for second factors. allauth's own hold for the rest.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,15/900s/key"}
#: Proxies in front whose X-Forwarded-For is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "1540 Cooperation Network"
#: Roles that must use a second factor. Required in production, offered everywhere.
MFA_REQUIRED_ROLES: tuple[str, ...] = ()

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "cooperation_portal.access.accounts.login_tried"
AXES_CLIENT_IP_CALLABLE = "cooperation_portal.access.accounts.client_address"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
#: Seconds without a request after which a session ends.
SESSION_IDLE_SECONDS = 2 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cooperation_portal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

LANGUAGE_CODE = "en"
#: Offered are the languages whose catalogue is complete; English is the source.
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["cooperation_portal.formats"]

STATIC_URL = "static/"
STATIC_ROOT = environment.STATIC_ROOT or BASE_DIR / ".local" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: Uploaded documents. Never served from here: only through a view that asks who reads.
MEDIA_ROOT = environment.MEDIA_ROOT or BASE_DIR / ".local" / "media"
MEDIA_URL = ""
#: Files of snapshots, a day each. Workers write them and web processes send them, so both see this folder.
SNAPSHOT_ROOT = environment.SNAPSHOT_ROOT or BASE_DIR / ".local" / "snapshots"
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
#: Largest document a member may upload, in bytes.
DOCUMENT_MAX_BYTES = 20_000_000

#: The clocks of the procedure by which requests travel.
OBJECTION_WINDOW_WORKING_DAYS = environment.OBJECTION_WINDOW_WORKING_DAYS
FOLLOW_UP_AFTER_DAYS = environment.FOLLOW_UP_AFTER_DAYS
MATCHING_BRIEF_MONTHS = environment.MATCHING_BRIEF_MONTHS

vars().update(environment.email())
DEFAULT_FROM_EMAIL = environment.DEFAULT_FROM_EMAIL
SERVER_EMAIL = environment.DEFAULT_FROM_EMAIL

CELERY_BROKER_URL = environment.BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A task that can no longer be acknowledged is delivered again anyway: two of it side by side would be worse.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task still unacknowledged after this many seconds is delivered again; longer than the time limit above.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    # A page must save although the broker is away: no waiting between tries, then it is left to the sweep.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "match-queued": {"task": "assistance.tasks.run_queued_matching", "schedule": 20.0},
    "previews-queued": {"task": "assistance.tasks.run_queued_previews", "schedule": 20.0},
    "plans-queued": {"task": "assistance.tasks.compute_queued_plans", "schedule": 20.0},
    "match-nightly": {"task": "assistance.tasks.match_everything", "schedule": crontab(hour=2, minute=0)},
    "brief-due": {"task": "assistance.tasks.announce_brief", "schedule": crontab(hour=5, minute=0)},
    "keys-expiring": {
        "task": "cooperation_portal.api.tasks.warn_of_expiring_keys",
        "schedule": crontab(hour=6, minute=0),
    },
    "answers-old": {
        "task": "cooperation_portal.api.tasks.remove_old_answers",
        "schedule": crontab(minute=40),
    },
    "send-notices": {"task": "cooperation_portal.notices.tasks.send_pending_mail", "schedule": 30.0},
    "send-webhooks": {"task": "cooperation_portal.webhooks.tasks.deliver_webhooks", "schedule": 60.0},
    "prune-webhooks": {
        "task": "cooperation_portal.webhooks.tasks.prune_deliveries",
        "schedule": crontab(hour=3, minute=20),
    },
    "build-snapshots": {"task": "cooperation_portal.snapshots.tasks.build_waiting_snapshots", "schedule": 20.0},
    "remove-snapshots": {
        "task": "cooperation_portal.snapshots.tasks.remove_expired_snapshots",
        "schedule": crontab(minute=10),
    },
    "changes-reconcile": {"task": "cooperation_portal.changes.tasks.reconcile", "schedule": crontab(hour=0, minute=5)},
    "changes-prune": {"task": "cooperation_portal.changes.tasks.prune", "schedule": crontab(hour=3, minute=30)},
    "documents-without-row": {
        "task": "meetings.tasks.remove_stray_documents",
        "schedule": crontab(hour=3, minute=40),
    },
    "offers-past-end": {
        "task": "assistance.tasks.complete_ended_offers",
        "schedule": crontab(hour=1, minute=0),
    },
}

#: Networks that webhooks may call although they are not public, to try them out on one machine. Never in production.
WEBHOOK_ALLOWED_NETWORKS = environment.WEBHOOK_ALLOWED_NETWORKS

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cooperation_portal.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cooperation_portal.api.permissions.PolicyPermission"],
    "DEFAULT_RENDERER_CLASSES": ["cooperation_portal.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cooperation_portal.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cooperation_portal.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
#: Requests and seconds: of a key, of all keys of an organization, of an address without a key.
API_LIMITS = environment.API_LIMITS
# The document names its schemas itself (cooperation_portal/api/schema.py); nothing is left to be guessed afterwards.
SPECTACULAR_SETTINGS = {"OAS_VERSION": "3.1.0", "POSTPROCESSING_HOOKS": []}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "cooperation_portal.api.logs.LineWithoutKeys",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        # The development server writes down whole addresses; its lines go the same way as all others.
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "axes": {"level": "WARNING"},
        # It warns of every malformed answer of a webhook's receiver; what came of a delivery stands with the delivery.
        "urllib3": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
