"""The one row that says whether the portal takes changes."""

from typing import Any

from django.db import migrations, models


def add_the_row(apps: Any, schema_editor: Any) -> None:
    apps.get_model("access", "ReadOnlyMode").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_cache_table")]
    operations = [
        migrations.CreateModel(
            name="ReadOnlyMode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "is_on",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Nobody can change anything from the next request on; reading and signing in go on."
                        ),
                        verbose_name="read-only",
                    ),
                ),
                (
                    "message",
                    models.CharField(
                        blank=True,
                        help_text="Why, and until when. Everybody who is signed in reads it on every page.",
                        max_length=300,
                        verbose_name="message",
                    ),
                ),
                ("since", models.DateTimeField(editable=False, null=True, verbose_name="since")),
            ],
            options={
                "verbose_name": "read-only mode",
                "verbose_name_plural": "read-only mode",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="read_only_mode_one_row")
                ],
            },
        ),
        migrations.RunPython(add_the_row, migrations.RunPython.noop),
    ]
