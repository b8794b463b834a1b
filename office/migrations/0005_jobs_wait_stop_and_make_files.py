from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0004_webhooks_and_notices'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='job',
            name='job_status_is_known',
        ),
        migrations.AddField(
            model_name='job',
            name='cancel_asked',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='job',
            name='file',
            field=models.FileField(blank=True, help_text='What the job made, to download.', upload_to='jobs/%Y/%m'),
        ),
        migrations.AddField(
            model_name='job',
            name='not_before',
            field=models.DateTimeField(blank=True, help_text='Empty: at once.', null=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='status',
            field=models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['kind', 'created_at'], name='job_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'done', 'failed', 'cancelled'])), name='job_status_is_known', violation_error_message='status must be one of: queued, running, done, failed, cancelled.'),
        ),
    ]
