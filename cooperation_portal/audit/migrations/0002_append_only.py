"""Audit entries are never altered: the database itself refuses."""

from django.db import migrations

FORBID = """
CREATE FUNCTION audit_entry_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit entries are permanent: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER audit_entry_is_permanent BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_permanent();
"""
ALLOW = """
DROP TRIGGER audit_entry_is_permanent ON audit_auditentry;
DROP FUNCTION audit_entry_is_permanent();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
