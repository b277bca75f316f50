#!/usr/bin/env bash
# An ORM that takes aware datetimes should compare the moments that they represent. On SQLite, Django 5.2.19 and
# Tortoise 1.1.9 store UTC. peewee 4.5.3 stores the local time with its offset as text, and what it returns is correct,
# but SQLite compares the text, in which 14:00+02:00 comes after 12:30+00:00. Pony 0.7.20 does the same and returns the
# text; SQLAlchemy 2.1.9 drops the offset, in spite of `timezone=True`. The cost: whether consent was given before a
# message was sent depends on the time zone in which it was stored; tests in one zone pass.
# Seen, of three consents given at one moment, which is written in UTC, at +02:00 and at -05:00: how many are found
# before a moment half an hour later, and how many are returned as that moment (without a zone: read as UTC).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 peewee==4.5.3 pony==0.7.20 SQLAlchemy==2.1.9 \
  tortoise-orm==1.1.9
cat >seen.py <<'PY'
import asyncio
from datetime import datetime, timedelta, timezone

import django
import peewee
import sqlalchemy
from django.conf import settings
from django.db import connection, models
from pony import orm
from tortoise import Tortoise, fields
from tortoise.models import Model

noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
times = [noon.astimezone(timezone(timedelta(hours=hours))) for hours in (0, 2, -5)]
sent_at = noon + timedelta(minutes=30)


def show(name, found, returned):
    print(name, found, sum(time == noon for time in returned))


settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_TZ=True, INSTALLED_APPS=[]
)
django.setup()


class DjangoConsent(models.Model):
    given_at = models.DateTimeField()

    class Meta:
        app_label = "letters"


with connection.schema_editor() as editor:
    editor.create_model(DjangoConsent)
for time in times:
    DjangoConsent.objects.create(given_at=time)
rows = DjangoConsent.objects
show("Django", rows.filter(given_at__lt=sent_at).count(), [row.given_at for row in rows.all()])


class TortoiseConsent(Model):
    id = fields.IntField(primary_key=True)
    given_at = fields.DatetimeField()


async def use_tortoise():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["__main__"]})
    await Tortoise.generate_schemas()
    for time in times:
        await TortoiseConsent.create(given_at=time)
    found = await TortoiseConsent.filter(given_at__lt=sent_at).count()
    show("Tortoise", found, [row.given_at for row in await TortoiseConsent.all()])
    await Tortoise.close_connections()


asyncio.run(use_tortoise())


class PeeweeConsent(peewee.Model):
    given_at = peewee.DateTimeField()

    class Meta:
        database = peewee.SqliteDatabase(":memory:")


PeeweeConsent.create_table()
for time in times:
    PeeweeConsent.create(given_at=time)
rows = PeeweeConsent.select()
show("peewee", rows.where(PeeweeConsent.given_at < sent_at).count(), [row.given_at for row in rows])

database = orm.Database("sqlite", ":memory:")


class PonyConsent(database.Entity):
    given_at = orm.Required(datetime)


database.generate_mapping(create_tables=True)
with orm.db_session:
    for time in times:
        PonyConsent(given_at=time)
with orm.db_session:
    found = PonyConsent.select(lambda row: row.given_at < sent_at).count()
    show("Pony", found, [row.given_at for row in PonyConsent.select()])

given_at = sqlalchemy.Column("given_at", sqlalchemy.DateTime(timezone=True))
table = sqlalchemy.Table("consents", sqlalchemy.MetaData(), given_at)
engine = sqlalchemy.create_engine("sqlite://")
table.metadata.create_all(engine)
with engine.begin() as session:
    session.execute(table.insert(), [{"given_at": time} for time in times])
    found = session.execute(sqlalchemy.select(table).where(given_at < sent_at)).all()
    returned = session.execute(sqlalchemy.select(table)).scalars()
    show("SQLAlchemy", len(found), [time.replace(tzinfo=timezone.utc) for time in returned])
PY
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
Django 3 3
Tortoise 3 3
peewee 2 3
Pony 2 0
SQLAlchemy 2 1
SEEN
