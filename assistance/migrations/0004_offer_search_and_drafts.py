"""Offers are searched blind to case and accents; a draft may do without a summary."""

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.functions.text
from django.db import migrations, models

import assistance.searching

# Lower case without accents. `unaccent` depends on its dictionary's file and is therefore only STABLE; that file does
# not change under a running portal, so this wrapper may say IMMUTABLE and stand in an index.
CREATE_PLAIN = """
CREATE OR REPLACE FUNCTION portal_plain(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT public.unaccent('public.unaccent'::regdictionary, lower($1)) $$
"""
DROP_PLAIN = "DROP FUNCTION portal_plain(text)"


class Migration(migrations.Migration):
    dependencies = [
        ("assistance", "0003_matching_policy_limits"),
        ("records", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(CREATE_PLAIN, DROP_PLAIN),
        migrations.RemoveIndex(model_name="offer", name="offer_title_trigrams"),
        migrations.AlterField(
            model_name="offer",
            name="summary",
            field=models.TextField(
                blank=True,
                help_text="What is offered and how it works. Markdown is understood. A draft may do without.",
                max_length=4000,
                validators=[django.core.validators.MaxLengthValidator(4000)],
                verbose_name="summary",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    assistance.searching.Plain(
                        django.db.models.functions.text.Concat(
                            models.F("title"), models.Value(" "), models.F("summary"), output_field=models.TextField()
                        )
                    ),
                    name="gin_trgm_ops",
                ),
                name="offer_text_trigrams",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "draft"), models.Q(("summary", ""), _negated=True), _connector="OR"),
                name="offer_published_with_summary",
                violation_error_message="Only a draft may do without a summary.",
            ),
        ),
    ]
