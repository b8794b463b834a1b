import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0002_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What uses the key, e.g. nightly inventory.', max_length=80)),
                ('prefix', models.CharField(help_text='The first part of the key; tells keys apart.', max_length=12, unique=True)),
                ('digest', models.CharField(help_text='SHA-256 of the key.', max_length=64)),
                ('access', models.CharField(choices=[('read', 'Reads'), ('write', 'Reads and writes'), ('calendar', 'Opens the calendar feed only')], default='read', max_length=8)),
                ('created_on', models.DateField()),
                ('expires_on', models.DateField(help_text='Last day on which the key opens anything.')),
                ('revoked_on', models.DateField(blank=True, help_text='Empty unless revoked.', null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='To the minute; empty: never used.', null=True)),
            ],
            options={
                'verbose_name': 'API key',
                'ordering': ['person__name', 'name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Replay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('request_digest', models.CharField(help_text='SHA-256 over method, path and content.', max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('body', models.JSONField(null=True)),
                ('headers', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='apikey',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='office.person'),
        ),
        migrations.AddField(
            model_name='replay',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replays', to='office.person'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('access__in', ['read', 'write', 'calendar'])), name='api_key_access_is_known', violation_error_message='access must be one of: read, write, calendar.'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('expires_on__gte', models.F('created_on'))), name='api_key_expires_later', violation_error_message='A key expires on or after the day it is made.'),
        ),
        migrations.AddIndex(
            model_name='replay',
            index=models.Index(fields=['created_at'], name='replay_by_age'),
        ),
        migrations.AddConstraint(
            model_name='replay',
            constraint=models.UniqueConstraint(fields=('person', 'key'), name='replay_key_is_once_per_person'),
        ),
    ]
