import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0002_gaps_in_order_of_their_day'),
        ('office', '0006_uploads'),
    ]

    operations = [
        migrations.CreateModel(
            name='RunningClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.CharField(help_text='Key of the list of clocks.', max_length=80)),
                ('started_at', models.DateTimeField(help_text='The moment of the event; of a duty that comes again, when it was last done.', verbose_name='started')),
                ('due_at', models.DateTimeField(help_text='As it was counted when the clock was started.', verbose_name='due')),
                ('recurs', models.BooleanField(default=False, help_text='Whether stopping it starts its next run.')),
                ('note', models.CharField(blank=True, max_length=500)),
                ('stopped_at', models.DateTimeField(blank=True, help_text='Empty while it runs.', null=True, verbose_name='done')),
                ('proof', models.TextField(blank=True, max_length=5000, verbose_name='what was done')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clocks_recorded', to='office.person')),
                ('scope', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='office.scope', verbose_name='subject')),
                ('stopped_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks_stopped', to='office.person')),
            ],
            options={
                'ordering': ['due_at', 'pk'],
                'indexes': [
                    models.Index(fields=['due_at', 'id'], name='clock_in_order'),
                    models.Index(fields=['scope', 'stopped_at'], name='clock_by_scope'),
                ],
                'constraints': [
                    models.CheckConstraint(
                        condition=models.Q(('clock', ''), _negated=True),
                        name='clock_is_named',
                        violation_error_message='Say which clock it is.',
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(('proof', ''), ('stopped_at__isnull', True), ('stopped_by__isnull', True)),
                            models.Q(('stopped_at__isnull', False), ('stopped_by__isnull', False), models.Q(('proof', ''), _negated=True)),
                            _connector='OR',
                        ),
                        name='clock_stopped_needs_all',
                        violation_error_message='A stopped clock says when it was stopped, by whom, and what was done.',
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(('recurs', True), ('stopped_at__isnull', True)),
                        fields=('scope', 'clock'),
                        name='clock_recurs_once',
                        violation_error_message='This duty runs here already; stop that run, and the next begins by itself.',
                    ),
                ],
            },
        ),
    ]
