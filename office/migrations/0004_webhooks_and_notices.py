import django.core.serializers.json
import django.db.models.deletion
import office.models.notices
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0003_api_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('gap.opened', 'Gaps opened or reopened'), ('gap.due', 'Gaps come due'), ('gap.closed', 'Gaps closed'), ('handover.asked', "A handover waits for somebody's word"), ('law.changed', 'A catalogue release was loaded')], max_length=20)),
                ('body', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Given up')], default='waiting', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('answered', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='status answered')),
                ('message', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('noun', models.CharField(max_length=60)),
                ('object_id', models.BigIntegerField()),
                ('due_on', models.DateField()),
                ('sent_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-sent_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', models.URLField(help_text='https://… of the receiving system.', max_length=500, verbose_name='address')),
                ('events', models.JSONField(default=list, help_text='Which events it is told of.')),
                ('secret', models.CharField(default=office.models.notices.new_secret, editable=False, max_length=100)),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='notice',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='office.person'),
        ),
        migrations.AddField(
            model_name='webhook',
            name='person',
            field=models.ForeignKey(help_text='Who answers for it.', on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='office.person'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='webhook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='office.webhook'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('person', 'kind', 'noun', 'object_id', 'due_on'), name='notice_is_given_once'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.UniqueConstraint(fields=('name',), name='webhook_name_is_once', violation_error_message='There is already a webhook of that name.'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['status', 'created_at'], name='delivery_by_status'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'delivered', 'failed'])), name='delivery_status_is_known', violation_error_message='status must be one of: waiting, delivered, failed.'),
        ),
    ]
