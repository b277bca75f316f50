"""Words that tell what a link is for. Plain data: who adds a word adds it here and nowhere else."""

from __future__ import annotations

from typing import Final


def _table(text: str, /) -> frozenset[str]:
    return frozenset(text.split())


# "Unsubscribe" in other languages, as words of paths and queries; without accents, words joined by hyphens. Collected
# 2026-11 from the footers of mail in these languages: en de fr es it pt nl sv da nb fi pl cs hu ro tr ru uk ja zh.
UNSUBSCRIBE: Final = _table("""
    opt-out optout abmelden abmeldung abbestellen abbestellung austragen desabonner desabonnement desabonnez
    desinscrire desinscription desinscrivez darse-de-baja dar-de-baja darme-de-baja desuscribir desuscribirse
    desuscripcion cancelar-suscripcion anular-suscripcion disiscriviti disiscrizione disiscrivi annulla-iscrizione
    descadastrar descadastro descadastre cancelar-inscricao cancelar-assinatura desinscrever uitschrijven uitschrijving
    afmelden afmelding avregistrera avprenumerera avsluta-prenumeration afmeld frameld avmeld avmelding peruuta-tilaus
    wypisz wypisz-sie rezygnacja odhlasit odhlaseni odhlasenie leiratkozas leiratkozom dezabonare dezabonati
    abonelikten-cik abonelikten-ayril otpisatsya otpiska отписаться отписка відписатися відписка
    配信停止 登録解除 退订 退訂
""")

# Parameters whose value is a bearer secret: a noun alone or behind words that tell what it opens, in any spelling
# (`resetToken`, `user[reset_password_token]`, `X-Amz-Signature`). "promo_code" and "zip_code" are none. Our choice,
# from the sign-in, reset, invitation and download links of transactional templates and frameworks.
SECRET_NOUNS: Final = _table("""
    token code otp key sig signature auth jwt password passwd pwd pass secret ticket nonce hash hmac mac session
    sessionid jsessionid sessid sid credential credentials assertion samlresponse passphrase bearer authorization
    authorisation tokenid
""")
# The nouns that mean a secret whatever stands before them: a "download_token" is one, a "promo_code" is none.
SECRET_ALWAYS: Final = _table("""
    token password passwd pwd passphrase secret signature jwt credential credentials bearer authorization authorisation
    tokenid
""")
SECRET_OWNERS: Final = _table("""
    access account activate activation admin api auth authorization authorisation bearer client confirm confirmation
    csrf email id invitation invite link login logon magic mfa oauth oauth2 onetime oob otp passwordless password php
    private recovery refresh reset secret secure security session signin signup sso temp temporary unlock user
    validation verification verify wp xamz xgoog xsrf
""")
SECRET_WORDS: Final = SECRET_NOUNS | SECRET_OWNERS
