"""Explanations are compressed with LZ4 where the server knows it: storing and reading them takes half the time."""

from django.db import migrations

USE_LZ4 = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE assistance_match ALTER COLUMN explanation SET COMPRESSION lz4;
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("assistance", "0004_portfolio_plans")]

    operations = [
        migrations.RunSQL(USE_LZ4, "ALTER TABLE assistance_match ALTER COLUMN explanation SET COMPRESSION DEFAULT")
    ]
