"""The policy keeps everything by which the matching library ranks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistance", "0002_request_drafts_may_lack_a_description")]

    operations = [
        migrations.AddField("matchingpolicy", "lowering", models.JSONField(
            default=dict, help_text="Percentage that each of these parts takes off at its full value.",
            verbose_name="lowering")),
        migrations.AddField("matchingpolicy", "priorities", models.JSONField(
            default=dict, help_text="How high, medium and low needs count against each other.",
            verbose_name="priorities")),
        migrations.AddField("matchingpolicy", "reach", models.FloatField(
            default=0.2, help_text="How well an offer must serve some need to be considered at all (0–1).",
            verbose_name="reach")),
        migrations.AddField("matchingpolicy", "breadth", models.FloatField(
            default=0.25, help_text="Share of the fit that comes from all needs together (0–1).",
            verbose_name="breadth")),
        migrations.AlterField("matchingpolicy", "threshold", models.FloatField(
            help_text="Pairs that score less are not suggested (0–100).", verbose_name="threshold")),
        migrations.AlterField("matchingpolicy", "weights", models.JSONField(
            help_text="How much each part counts; shares of 100 points.", verbose_name="weights")),
    ]
