from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from lmtrack import LinkPolicy
from lmtrack._linking.secrets import decoded
from lmtrack._linking.ways_out import is_way_out_text, is_way_out_url, mentions_way_out, plain
from lmtrack._linking.words import WAYS_OUT, WAYS_OUT_ANYWHERE, WAYS_OUT_WHOLE
from lmtrack.links import SkipReason, is_preference_page, skip_reason
from way_out_texts import SETTINGS, TEXTS

OTHER_TEXTS = [
    "Opt out of plastic", "Baja California", "Unsubstantiated claims", "Subscribe", "Annulla ordine", "Shop now", "",
    "Read more", "Optical lenses", "Cancel my order", "Remove stains", "Abmeldungen.example", "Confirm subscription",
    "The unsubscribe header explained for people who send a lot of mail", "Stop", "Dear subscriber", "Sign out",
    "Settings", "Manage my account", "Update your e-mail address", "20% off emails", "Email us", "Mailing list",
    "Turn on notifications", "Change your address", "Leave a message", "Cancel your booking",
    "Notifications are here", "Preferences of readers", "Stop the clock", "Edit your profile", "Manage your money",
]  # fmt: skip
URLS = [
    "/unsubscribe", "/UNSUBSCRIBE?x", "/unsub/9", "/unsub", "?act=unsub", "/unsub_center.aspx", "/un-subscribe/9",
    "/un_subscribe", "/?un+subscribe", "/u?do=unsub&id=7", "/listunsubscribenow", "/unsubscription", "/#unsub", "/baja",
    "/baja/9", "/annulla", "/annulla?id=7", "/opt-out", "/opt_out/9", "/optOut", "/email-opt-out", "/opt-out-form",
    "/opt-out.php?id=7", "/abmelden", "/newsletter/abmelden.php?id=7", "/desabonner", "/d%C3%A9sabonner", "/remove-me",
    "/darse-de-baja", "/dar/de/baja", "/huy-dang-ky", "/h%E1%BB%A7y-%C4%91%C4%83ng-k%C3%BD", "/odhlasit",
    "/%D0%BE%D1%82%D0%BF%D0%B8%D1%81%D0%BA%D0%B0", "/退订", "/cancelar-inscri%C3%A7%C3%A3o",
    "/?a=b&action=cancel-subscription",
    # A word of each side of a pair, in one segment or two, in any order.
    "/email-preferences", "/preference-center", "/hs/preferences-center/en/direct?d=7", "/subscription_center.aspx?q=7",
    "/communication-preferences", "/settings/emails", "/settings/notifications/off/12", "/email-settings/stop",
    "/mail/stop?u=7", "/email/stop-all/77aa", "/list/remove/77aa", "/manage_subscriptions?u=7", "/mailing/leave/77aa",
    "/newsletter/cancel", "/alerts/disable/77aa", "/alerts/turn-off", "/mute/thread/77aa", "/subscriptions/update?k=7",
    "/email/remove/e/77aa", "/do-not-email/77aa", "/nomail/77aa", "/x?page=notification-settings",
]  # fmt: skip
OTHER_URLS = [
    "/opt-out-of-plastic", "/unsubstantiated", "/unsubtle", "/unsubmitted", "/baja-california", "/annulla-ordine",
    "/options", "/optical", "/opt/in/out", "/subscribe", "/subscription/8e1c/77aa", "/design", "/abmeldenx",
    "/dar/de/alta",
    "/cancelar/pedido", "/remove", "/stop", "/adopt-out", "/leave-a-review", "/se/me/de",
    "/settings", "/preferences", "/email", "/newsletter/2026", "/no/newsletter", "/sale/50-off", "/manage-your-money",
    "/notifications-api", "/stop-smoking", "/stop/smoking", "/remove-stains", "/subscriptions/coffee-monthly",
    "/cancellation-policy", "/settings-for-your-camera", "/blog/email-preference-centers-explained", "/leave/no-trace",
    "/hc/articles/36-How-do-I-change-my-email-preferences-", "/docs/settings/#email", "/email?from=settings",
    "/turn-on/notifications", "/update/your-home", "/mail/order", "/lists/of/settings-and-places",
    "/newsletter/archive/48", "/alerts/weather", "/stop/watch", "/email/marketing", "/notification-center-for-ios",
    "/list/leave-in-conditioner", "/cancel-culture-book", "/api/notifications", "/mute-swan", "/off-list-price",
    "/p/mail-center-organizer", "/changes/list", "/updates/2026/product-updates",
]  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in TEXTS.values() for text in texts])
def test_what_people_read_on_a_way_out_is_known_in_many_languages(text: str) -> None:
    assert is_way_out_text(text)
    assert is_way_out_text(text.upper())
    assert mentions_way_out(f"Hello! {text}: https://shop.example/9") or text in {"Διαγραφή", "ΔΙΑΓΡΑΦΗ"}


@pytest.mark.parametrize("text", SETTINGS)
def test_a_link_to_settings_of_mail_is_a_way_out(text: str) -> None:
    assert is_way_out_text(text)
    assert is_way_out_text(f"{text.upper()} »")


@pytest.mark.parametrize("text", OTHER_TEXTS)
def test_other_texts_are_none(text: str) -> None:
    assert not is_way_out_text(text)


@pytest.mark.parametrize(
    ("longest", "longer"),
    [
        (
            "The unsubscribe header explained for our good readers",
            "The unsubscribe header explained for all our good readers",
        ),
        ("please " * 14 + "opt out", "please " * 15 + "opt out"),
        ("あ" * 78 + "退订", "あ" * 79 + "退订"),
    ],
)
def test_a_text_that_says_more_is_none(longest: str, longer: str) -> None:
    assert is_way_out_text(longest)
    assert not is_way_out_text(longer)


@pytest.mark.parametrize("text", ["Baja California", "Opt in", "Grüße aus Köln", "Привет", "Stop", ""])
def test_a_text_around_a_link_that_only_sounds_so_mentions_none(text: str) -> None:
    assert not mentions_way_out(text)


@pytest.mark.parametrize("path", URLS)
def test_a_url_says_that_it_is_a_way_out(path: str) -> None:
    assert skip_reason(f"https://shop.example{path}", LinkPolicy()) is SkipReason.UNSUBSCRIBE
    assert skip_reason(f"https://shop.example{path}", LinkPolicy(track_unsubscribe=True)) is None


@pytest.mark.parametrize("path", OTHER_URLS)
def test_a_url_that_only_sounds_so_is_none(path: str) -> None:
    assert skip_reason(f"https://shop.example{path}", LinkPolicy()) is None


def test_the_host_is_a_name_but_for_our_own_word() -> None:
    assert not is_way_out_url("https://abmelden.example/x", "https://abmelden.example/x")
    assert is_way_out_url("https://unsubscribe.shop.example/x", "https://unsubscribe.shop.example/x")


@given(st.sampled_from(sorted(WAYS_OUT | WAYS_OUT_WHOLE | WAYS_OUT_ANYWHERE)), st.sampled_from("-_+"), st.booleans())
def test_every_phrase_of_the_tables_is_found_in_a_url_and_as_a_text(phrase: str, blank: str, upper: bool) -> None:
    written = phrase.replace("-", blank)
    url = f"https://shop.example/{written.upper() if upper else written}?id=7"
    assert is_way_out_url(url, decoded(url))
    assert is_way_out_text(phrase.replace("-", " "))
    assert plain(plain(phrase)) == plain(phrase)


@given(st.text(max_size=50))
def test_any_text_is_judged(text: str) -> None:
    is_way_out_text(text)
    mentions_way_out(text)
    is_way_out_url(f"https://x.example/{text}", text)


@pytest.mark.parametrize(
    ("url", "prefix", "below"),
    [
        ("https://s.example/mail", "https://s.example/mail", True),
        ("https://s.example/mail/77?x", "https://s.example/mail", True),
        ("https://s.example/mail-preferences/77", "https://s.example/mail-preferences", True),
        ("https://s.example/mail?u=7", "https://s.example/mail", True),
        ("https://s.example/mail#x", "https://s.example/mail", True),
        ("HTTP://S.example:80/mail/7", "https://s.example/mail", True),
        ("https://s.example./mail/7", "https://S.example:443/mail", True),
        ("https://s.example/mail/7", "https://s.example/mail/", True),
        ("https://s.example/p?page=mail&u=7", "https://s.example/p?page=mail", False),
        ("https://s.example/p?page=mail&u=7", "https://s.example/p?page=mail&", True),
        ("https://s.example", "https://s.example/", True),
        ("https://s.example/x", "https://s.example", True),
        ("https://s.example/mailbox", "https://s.example/mail", False),
        ("https://s.example/mail-preferences", "https://s.example/mail", False),
        ("https://s.example:8443/mail", "https://s.example/mail", False),
        ("https://s.example/Mail", "https://s.example/mail", False),
        ("https://ann@s.example/mail", "https://s.example/mail", False),
        ("https://x.example/https://s.example/mail", "https://s.example/mail", False),
        ("mailto:ann@s.example", "https://s.example/mail", False),
    ],
)
def test_a_preference_page_ends_where_a_path_query_or_fragment_begins(url: str, prefix: str, below: bool) -> None:
    assert is_preference_page(url, [prefix]) is below
    policy = LinkPolicy(preference_urls=[prefix], track_unsubscribe=True)
    assert (skip_reason(url, policy) is SkipReason.UNSUBSCRIBE) is below
