"""The page on sending with Django: the backend in a project with the settings of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from howto_pages import programs, run_page
from sent_letters import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def django_page() -> Iterator[dict[str, Any]]:
    pytest.importorskip("aiosmtpd")
    pytest.importorskip("django")
    settings = pytest.importorskip("django.conf").settings
    before = settings._wrapped
    yield run_page("send-with-django.md")
    settings._wrapped = before  # other pages have settings of their own


PROJECT: Final = r"""
import asyncio
import django
from django.conf import settings
from django.core import mail
import shop_settings

names = ["INSTALLED_APPS", "LMTRACK"]
names += ["MAILERS"] if django.VERSION >= (6, 1) else ["EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT"]
settings.configure(**{name: getattr(shop_settings, name) for name in names})
django.setup()
from shop_receive import receive

def send(port):
    if django.VERSION >= (6, 1):
        settings.MAILERS["default"]["OPTIONS"]["port"] = port
    else:
        settings.EMAIL_PORT = port
    letter = mail.EmailMultiAlternatives("Hello", "From here\n", "letters@shop.example", ["ann@reader.example"])
    letter.attach_alternative('<a href="https://shop.example/lamps">lamps</a>', "text/html")
    letter.lmtrack_id = "letter-4471"
    assert letter.send() == 1
    assert mail.send_mail("Reset", "https://shop.example/", "letters@shop.example", ["ann@reader.example"]) == 1

first, second = asyncio.run(receive(send))
print(first.count(b"https://track.example/"), second.count(b"https://track.example/"))
"""


def test_the_settings_of_the_page_put_the_backend_to_work(django_page: dict[str, Any], tmp_path: Path) -> None:
    del django_page
    decide, apps, since_6_1, before, receive, *_ = programs("send-with-django.md")
    (tmp_path / "shop_mail.py").write_text(decide, encoding="utf-8")
    (tmp_path / "shop_settings.py").write_text(apps + since_6_1 + before, encoding="utf-8")
    receive = re.sub(r"^if not settings.*?\n.*?\n.*?\n", "", receive, flags=re.MULTILINE)  # the project has its own
    (tmp_path / "shop_receive.py").write_text(receive, encoding="utf-8")
    assert run_script(tmp_path, "project.py", PROJECT) == "2 0\n"
