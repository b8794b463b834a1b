import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0005_jobs_wait_stop_and_make_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noun', models.CharField(max_length=30)),
                ('name', models.CharField(help_text='As the file was called.', max_length=200)),
                ('file', models.FileField(upload_to='uploads/%Y/%m')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('status', models.CharField(choices=[('reading', 'Being read'), ('shown', 'Plan shown, nothing written'), ('applying', 'Being applied'), ('applied', 'Applied'), ('failed', 'Could not be read or applied')], default='reading', max_length=9)),
                ('digest', models.CharField(blank=True, help_text='Names exactly what would be written.', max_length=64)),
                ('totals', models.JSONField(default=dict)),
                ('plan', models.JSONField(default=list, help_text='The first rows that are new, changed or refused.')),
                ('message', models.CharField(blank=True, max_length=1000)),
                ('created_at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='upload',
            name='job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='uploads', to='office.job'),
        ),
        migrations.AddField(
            model_name='upload',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to='office.person'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['reading', 'shown', 'applying', 'applied', 'failed'])), name='upload_status_is_known', violation_error_message='status must be one of: reading, shown, applying, applied, failed.'),
        ),
    ]
