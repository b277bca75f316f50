"""Words that tell what a link is for. Plain data; a new word is added here and nowhere else.

They are written as people write them; `_linking.ways_out` takes case and accents off before it compares. Words joined
by a hyphen are a phrase.
"""

from __future__ import annotations

from typing import Final

from lmtrack._pattern import word_set

# "Unsubscribe" in other languages. Where from: the translations of listmonk (commit 911e0b7, July 2026: ar bg ca cs cy
# da de el es fi fr he hu id it ja ko nl no pl pt ro ru sk sl sv tr uk vi zh), of Ghost 5.130.6, Postorius 1.3.13 and
# django-newsletter 1.2.1 (eo fa is mn pa sq, and what the first had not), Lettermint's page of the Dutch word, and
# footers of mail in these languages, November 2026. English `unsub` and its spellings are a pattern of `ways_out`.
#
# These mean it wherever they stand as a word of their own in a path, a query or a link's text.
WAYS_OUT: Final = word_set("""
    optout optouts nomail
    abmelden abmeldung abbestellen abbestellung austragen
    désabonner désabonnement désabonnez désabonne désinscrire désinscription désinscrivez désinscris
    desuscribir desuscribirse desuscribirme desuscripción desuscríbete desuscríbase
    disiscriviti disiscrizione disiscrivi disiscrivimi disiscriversi disiscrivermi
    descadastrar descadastro descadastre desinscrever desinscreva
    desubscriu desubscripció desubscriure
    uitschrijven uitschrijving uitschrijflink afmelden afmelding afmeldlink
    avregistrera avprenumerera avanmäl avanmälan
    afmeld afmelde frameld framelding avmeld avmelding avabonner
    odsubskrybuj wypisz rezygnacja
    odhlásit odhlášení odhlásenie odhlásiť
    leiratkozás leiratkozom leiratkozáshoz
    dezabonare dezabonați dezabonează dezabonez
    odjava odjavi odjavite odjavim odjaviti
    danysgrifio malaboni malabonu shpajtohuni
    отписаться отпишитесь отписка отписки отписване отпиши відписатися відписатись відписка одјава одјави
    otpisatsya otpiska otpishites otpisvane vidpysatysya
""")
# These fill a segment of a path, a value or a link's text, but for words of `COMPANIONS`: their words mean other
# things, too (`/opt-out-of-plastic`, "Baja California", `/annulla-ordine`).
WAYS_OUT_WHOLE: Final = word_set("""
    opt-out opt-me-out opting-out remove-me remove-my-email remove-from-list cancel-subscription
    cancel-my-subscription stop-emails stop-receiving stop-mailing leave-list leave-this-list
    baja darse-de-baja dar-de-baja darme-de-baja dame-de-baja date-de-baja dese-de-baja cancelar-suscripción
    cancelar-la-suscripción cancelar-mi-suscripción anular-suscripción anular-la-suscripción anular-subscripció
    dona-t-de-baixa donar-se-de-baixa donar-de-baixa
    annulla annulla-iscrizione annulla-l-iscrizione cancella-iscrizione cancella-l-iscrizione cancellati cancellami
    cancelar-inscrição cancelar-a-inscrição cancelar-assinatura cancelar-a-assinatura cancelar-subscrição
    cancelar-a-subscrição anular-subscrição sair-da-lista
    schrijf-me-uit schrijf-je-uit meld-je-af meld-me-af
    avsluta-prenumeration avsluta-prenumerationen säg-upp-prenumeration
    meld-av meld-deg-av meld-fra meld-dig-fra meld-mig-fra
    peruuta-tilaus peruuta-uutiskirje peru-tilaus poistu-listalta poistu-postituslistalta eroa-postituslistalta
    postituslistalta-eroaminen lopeta-tilaus
    wypisz-się wypisz-mnie zrezygnuj-z-subskrypcji anuluj-subskrypcję
    zrušit-odběr zrušit-odběr-novinek zrušiť-odber zrušenie-odberu zrušení-odběru
    feliratkozás-törlése hírlevél-lemondása
    abonelikten-çık abonelikten-ayrıl üyelikten-ayrıl üyelikten-çık üyeliği-sonlandır aboneliği-iptal
    aboneliği-iptal-et
    διαγραφή διαγραφή-από-τη-λίστα κατάργηση-εγγραφής diagrafi
    atsisakyti atsisakyti-prenumeratos atrakstīties atteikties loobu-uudiskirjast loobu tühista-tellimus
    batal-berlangganan berhenti-berlangganan hủy-đăng-ký huy-dang-ky
    prekliči-naročnino otkaži-pretplatu otkaži-pretplatu-na-newsletter
    відмовитися-від-розсилки отказаться-от-рассылки отмени-абонамента
    not-email not-mail longer-want many-emails
    avslutt-abonnement dona-m-de-baixa anulēt-abonementu hætta-áskrift meld-u-af mitgliedschaft-beenden
    захиалга-цуцлах
""")
# The same for a link's text alone: pages on which one turns mail off among other things. "Manage subscription" and
# "Unsubscribe" of Ghost 5.130.6, "Notification settings" and "Disable notifications" of pretix 2026.8.0, and what mail
# in these languages says.
WAYS_OUT_TEXTS: Final = word_set("""
    abos-verwalten abonnement-verwalten einstellungen-verwalten benachrichtigungen-deaktivieren
    benachrichtigungs-einstellungen
    gérer-l-abonnement gérer-mes-abonnements gérer-mes-préférences gérer-vos-préférences modifier-mes-préférences
    gestionar-suscripción gestionar-preferencias gestiona-subscripció gestisci-l-abbonamento gestisci-preferenze
    gerenciar-assinatura gerir-subscrição desativar-as-notificações configurações-de-notificação
    abonnement-beheren voorkeuren-beheren
    meldingsinstellingen administrer-abonnement notifikationsindstillinger varslingsinnstillinger
    hantera-prenumeration inaktivera-notifikationer notifieringsinställningar
    zarządzaj-subskrypcją spravovat-předplatné nastavení-oznámení spravovať-odber nastavenia-oznámení
    zakázanie-oznámení upravljaj-pretplatom postavke-obavijesti onemogući-obavijesti upravljanje-naročnine
    előfizetés-kezelése értesítési-beállítások értesítések-letiltása gestionează-abonamentul
    dezactivați-notificările setări-de-notificare pārvaldīt-abonementu aboneliği-yönet nonaktifkan-notifikasi
    cài-đặt-thông-báo vô-hiệu-hóa-thông-báo управление-на-абонамента управление-подпиской настройки-уведомлений
    керувати-підпискою ρυθμίσεις-ειδοποιήσεων захиалгаа-удирдах
""")
# English says it with a word of each side, in any order: "Stop these emails", `/email-settings/stop`, "Manage your
# preferences", `/settings/notifications`. Both fill a segment or two, or a text, but for words of `COMPANIONS`. "Off"
# needs "turn" or "switch", as shops write it on sales.
WAYS_OUT_PAIRS: Final = tuple(
    (word_set(one), word_set(other))
    for one, other in (
        (
            "stop cancel leave remove disable deactivate mute off",
            """email emails mail mails mailing mailings newsletter newsletters list lists notification notifications
            alert alerts digest digests updates subscription subscriptions thread threads""",
        ),
        (
            "manage update change edit modify adjust alter",
            "preferences settings subscription subscriptions notifications alerts",
        ),
        (
            """email emails mail mails mailing newsletter newsletters notification notifications communication
            communications subscription subscriptions marketing alert alerts""",
            "preference preferences settings",
        ),
        ("preference preferences subscription subscriptions notification notifications", "center centre"),
    )
)
# One of these is in each: the rarer word of a pair, since every second URL says "email".
WAYS_OUT_PAIR_SIGNS: Final = word_set("""
    stop cancel leave remove disable deactivate mute turn switch preference preferences settings subscription
    subscriptions notification notifications alerts
""")
# Of scripts whose words are not set apart by blanks, or are made of more than letters: anywhere. Blanks are a hyphen.
WAYS_OUT_ANYWHERE: Final = word_set("""
    配信停止 配信を停止 配信解除 登録解除 登録を解除 登録を取り消 購読解除 購読を解除 メール停止
    退订 退訂 取消订阅 取消訂閱
    수신거부 수신-거부 구독해지 구독-해지 구독취소 구독-취소
    إلغاء-الاشتراك الغاء-الاشتراك ادارة-الاشتراك إدارة-الاشتراك لغو-عضویت لغو-اشتراک
    ביטול-רישום ביטול-המינוי ביטול-מינוי ניהול-מינוי השבת-התראות להסרה-מרשימת הסרה-מרשימת-התפוצה הסר-מרשימת
    הסר-מהרשימה הפסק-את-ההרשמה
    退会 通知设置 通知設定 管理订阅 管理訂閱 구독-관리
    सदस्यता-समाप्त सदस्यता-रद्द सदस्यता-छोड़ें अनसब्सक्राइब ਸਦੱਸਤਾ-ਰੱਦ ยกเลิกการสมัคร ยกเลิกการรับ വരിക്കാരനല്ലാതാകുക
""")
# What may stand around a phrase of `WAYS_OUT_WHOLE`: names of what is left, and the words of a request.
COMPANIONS: Final = word_set("""
    a all and any at can click confirm do e email emails form from global here html i if in link list lists mail mailing
    mailinglist mails marketing me message messages my newsletter newsletters no now of or our page php please aspx
    get getting receive receiving simply subscriber subscribers the these this those to too tracking update url user
    want wish you your
    bitte hier klicken diese diesen von vom den dem der sich um zu link
    ici cliquez cliquer pour vous de la le les cette liste nos
    aquí haz haga clic para este esta lista boletín boletines correos los del al
    qui clicca per dalla questa newsletter
    aqui clique desta da
    hier klik om deze nieuwsbrief
    här klicka för att klikk her klik for at nyhetsbrev nyhedsbrev
    tutaj kliknij aby
    üye buradan
    здесь от рассылки
""")

# Parameters whose value is a bearer secret: a noun alone or behind words that tell what it opens, in any spelling
# (`resetToken`, `user[reset_password_token]`, `X-Amz-Signature`). "promo_code" and "zip_code" are not. From the
# sign-in, reset, invitation and download links of transactional templates and of the packages in
# `tests/secret_urls.py`.
SECRET_NOUNS: Final = word_set("""
    token code otp key sig signature auth jwt password passwd pwd pass secret ticket nonce hash hmac mac session
    sessionid jsessionid sessid sid credential credentials assertion samlresponse passphrase bearer authorization
    authorisation tokenid sesame phpsessid
""")
# The nouns that mean a secret whatever comes before them: a "download_token" is one, a "promo_code" is not.
SECRET_ALWAYS: Final = word_set("""
    token password passwd pwd passphrase secret signature jwt credential credentials bearer authorization authorisation
    tokenid sesame
""")
# The nouns that alone mean other things, too (`?key=lamps`, `?code=SUMMER25`, `?pass=festival`): their value must look
# random.
SECRET_MAYBE: Final = word_set("code key pass session ticket hash mac nonce sid")
SECRET_OWNERS: Final = word_set("""
    access account activate activation admin api auth authorization authorisation bearer client confirm confirmation
    csrf email id invitation invite link login logon magic mfa oauth oauth2 onetime oob otp passwordless password php
    private recovery refresh reset secret secure security session signin signup sso temp temporary unlock user
    validation verification verify wp xamz xgoog xsrf
""")
SECRET_WORDS: Final = SECRET_NOUNS | SECRET_OWNERS

# Segments of a path behind which a long random one is a secret: a word of theirs is one of these, or begins so, or
# (the second table) ends so.
SECRET_SEGMENTS: Final = word_set("""
    reset confirm verif activat invit magic login logon passw recover unlock forgot signin onetime otp oob
    token tokens auth oauth sso session rejoin reactivat validat join welcome cancellation
""")
# What only the beginning of a segment says: some of them written in two, with a hyphen or a low line; words that later
# in a name mean other things; and "activate", "confirm", "reset", "invite" and "password" in other languages (our
# choice: the first words of these that a list written blind had, and their likes).
SECRET_SEGMENTS_SPLIT: Final = word_set("""
    log-in log-on sign-in one-time pass-w re-set re-cover re-join re-activat un-lock
    signup sign-up secret private authoriz authoris reschedul
    aktivier aktiver aktywac attiva bekraft bekraeft bestatig bestaetig bevestig conferma potvrd potwierd reinitialis
    restablec zurucksetz zuruecksetz einladung uitnodig zaprosz convite mot-de-passe contrasen senha wachtwoord hasl
    heslo losenord salasana jelszo lozinka kennwort adgangskode
""")
SECRET_SEGMENT_ENDS: Final = word_set(
    "confirm confirmation verify verification activate activation invite invitation password"
)
# Words of the first table that must stand alone: "author", "sessions", "tokenizer", "otpusk" are others.
SECRET_SEGMENTS_ALONE: Final = word_set("token tokens auth oauth sso session otp oob join welcome")
# Behind these, a segment of six digits is a one-time code, and one of eight random characters an invitation (Mastodon's
# have eight, Discourse's ten).
SECRET_CODE_SEGMENTS: Final = word_set("otp oob onetime one-time-code invite invites invitation invitations join")
# Pages of one person's purchase or contract, which are open to whoever has the link (pretix, Shopify, Stripe, booking
# desks, signature services): a long random segment with letters behind such a whole segment; "tickets" are on sale.
SECRET_PAGES: Final = word_set("""
    order orders ticket invoice invoices booking bookings reservation reservations appointment appointments code
    quote estimate proposal contract sign
""")
# What is done with the long random segment before it (`/i/<uuid>/accept`).
SECRET_ACTIONS: Final = word_set("accept decline approve reject rsvp sign confirm confirm-email verify activate reset")
# Ends of a parameter's name whose value is a secret if it is long and random: `rlkey`, `adminKey` and `tok` open what
# others may not see, `edit2` opens a form again.
SECRET_LONG_ENDS: Final = word_set("key tok tk edit access")
# Parameters that say what a program shall do: a value may announce a secret as a segment does (`?action=activate`).
SECRET_COMMANDS: Final = word_set("action act cmd do mode op task")
# A URL that says until when it works is signed: its long random value is the signature, whatever its name.
SECRET_EXPIRIES: Final = word_set("expires expiry expire expiration exp")

# Parameters that hold what a person is called, was born, lives or is rung up on. `_linking.secrets` says what the value
# must look like: `?phone=android` and `?birthday=club` do not.
PERSON_NAMES: Final = word_set("""
    firstname lastname fullname surname forename givenname familyname middlename fname lname username customername
    contactname recipientname subscribername membername guestname vorname nachname prenom nomfamille apellido apellidos
    cognome sobrenome voornaam achternaam fornavn etternavn efternavn fornamn efternamn
""")
PERSON_PHONES: Final = word_set("""
    phone phonenumber phoneno telephone tel telnumber mobile mobilenumber mobilephone mobileno cell cellphone msisdn
    whatsapp handy telefon telefono celular gsm
""")
PERSON_BIRTHS: Final = word_set("""
    dob birthday birthdate birth dateofbirth bday geburtsdatum geburtstag datenaissance fechanacimiento nascimento
    geboortedatum
""")
# Numbers that stand for a person, or for a person's money, in an office's books.
PERSON_NUMBERS: Final = word_set("""
    ssn socialsecuritynumber nationalid passport passportnumber taxid iban cardnumber creditcardnumber bsn nino
""")
PERSON_ADDRESSES: Final = word_set("""
    street streetaddress address addressline postaladdress homeaddress strasse rue calle indirizzo adresse
""")
