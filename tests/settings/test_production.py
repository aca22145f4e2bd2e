"""Production settings: what they refuse to start with, and what they promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "SECRET_KEY": "k3Jq8vN2xW5rT7yP1mZ4cB6dF9gH0sLa-QwErTyUiOp_AsDfGhJkLzXcVb",
    "ALLOWED_HOSTS": "portal.tests.example",
    "SITE_URL": "https://portal.tests.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:password@mail.tests.example:587",
    "DEFAULT_FROM_EMAIL": "Portal <portal@tests.example>",
}


def under_production(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python with production settings in an environment of its own."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= GOOD | {"DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.production"}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603  our own interpreter and our own command
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def setting(expression: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    code = f"from django.conf import settings; print({expression})"
    return under_production("-c", code, **changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "local-use-only-this-key-is-public-and-production-refuses-it"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
    ],
)
def test_it_refuses_to_start(changes, named):
    started = setting("settings.DEBUG", **changes)
    assert started.returncode != 0
    assert "ImproperlyConfigured" in started.stderr
    assert named in started.stderr


def test_it_starts_with_what_the_manual_asks_for():
    started = setting("settings.DEBUG")
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "False"


def test_debug_and_example_data_cannot_be_switched_on_from_outside():
    assert setting("settings.DEBUG, settings.ALLOW_EXAMPLE_DATA", DEBUG="1").stdout.strip() == "False False"


def test_experts_and_secretariat_need_a_second_factor():
    assert setting("settings.MFA_REQUIRED_ROLES").stdout.strip() == "('expert', 'secretariat')"


def test_cookies_go_over_https_to_this_host_alone():
    shown = setting(
        "settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, "
        "settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_DOMAIN"
    )
    assert shown.stdout.split() == ["__Host-sessionid", "True", "True", "__Host-csrftoken", "True", "None"]


def test_failed_sign_ins_are_counted_where_every_process_sees_them():
    assert setting("settings.CACHES['default']['BACKEND']").stdout.strip().endswith("DatabaseCache")
    assert setting("settings.ALLAUTH_TRUSTED_PROXY_COUNT").stdout.strip() == "1"
    assert setting("settings.ALLAUTH_TRUSTED_PROXY_COUNT", TRUSTED_PROXY_COUNT="2").stdout.strip() == "2"


def test_the_content_policy_allows_nothing_inline():
    shown = setting("settings.CONTENT_SECURITY_POLICY['DIRECTIVES']").stdout
    assert "unsafe" not in shown
    assert "'object-src': [" in shown


def test_check_deploy_is_clean():
    checked = under_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
