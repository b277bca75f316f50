"""The pieces of hostile messages: what is written, and what each makes of a part."""

from __future__ import annotations

from typing import Final, Literal

# must: what is trackable in it has to be tracked. never: not an byte changes. may: readers disagree about this part,
# so it may be tracked or left, but never damaged.
Fate = Literal["must", "may", "never"]


# Charsets with text that only they have: ASCII-compatible ones whose second bytes are letters and brackets too.
SAMPLES: Final[dict[str, str]] = {
    "us-ascii": "plain", "utf-8": "Grüße 退货 Ω 😀", "UTF8": "é–✓", "iso-8859-1": "Grüße", "latin1": "ñ",
    "iso-8859-2": "zażółć", "iso-8859-15": "€ œ", "windows-1252": "“€”", "windows-1251": "Привет", "koi8-r": "Привет",
    "cp850": "Grüße", "windows-1255": "שלום", "tis-620": "สวัสดี", "shift_jis": "表示ソ能 ﾌﾟ", "cp932": "①表ソ",
    "euc-jp": "表示ソ能", "gb2312": "退货中文", "gbk": "镕退货", "gb18030": "㐀𠀀退货", "big5": "功許蓋",
    "cp950": "功許蓋", "euc-kr": "한국어", "cp949": "똠방각하", "big5-hkscs": "功許",
}  # fmt: skip
# What is stateful, or puts bytes of markup into other characters: such a part is left alone.
LEFT_ALONE: Final[dict[str, str]] = {
    "utf-16": "Grüße", "UTF-16LE": "Grüße", "utf-16be": "退货", "utf-32": "Grüße", "utf-32le": "x", "utf-7": "Grüße +",
    "UTF7": "é", "iso-2022-jp": "表示ソ能", "ISO-2022-JP-2": "表示", "csISO2022JP": "表示", "iso-2022-kr": "한국어",
    "hz": "退货", "hz-gb-2312": "退货", "johab": "똠방각하 갂", "cp037": "abc", "cp500": "abc", "IBM1140": "abc",
    "u16": "é",
}  # fmt: skip
# Label and what the bytes really are.
LIES: Final = [
    ("us-ascii", "utf-8"), ("utf-8", "iso-8859-1"), ("gb2312", "gb18030"), ("iso-8859-1", "utf-8"), ("big5", "utf-8"),
    ("utf-8", "shift_jis"), ("shift_jis", "utf-8"), (None, "utf-8"), (None, "windows-1252"), ("x-unknown", "utf-8"),
    ("unicode-1-1-utf-8", "utf-8"), ("iso-8859-8-i", "windows-1255"), ("cp-850", "cp850"), ("", "utf-8"),
    ("x-unknown", "big5"), ("utf-8 ", "utf-8"), ("default", "utf-8"), ("base64", "utf-8"), ("rot13", "utf-8"),
    ("utf-8", "utf-16"), ("us-ascii", "utf-16"), ("us-ascii", "iso-2022-jp"),
]  # fmt: skip
SUBTYPES: Final = ["mixed", "alternative", "related"]
CLOSED_SUBTYPES: Final = [
    "signed", "encrypted", "report", "digest", "parallel", "form-data", "appledouble", "x-unknown", "mixed-replace",
]  # fmt: skip
BOUNDARIES: Final = [
    "b", "-", "--", "b--x", "bb", "=_x", "----=_Part_1", "b b", "it's (a) boundary", "a.*b", "[a-z]+", "^$", "{2}", "|",
    "b:b/b?b=b,b", "x" * 70, "NextPart", "simple boundary", "b-", "a,b;c", "(", "0" * 69 + "1",
]  # fmt: skip
TOKEN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`{|}~")
URLS: Final = [
    "https://shop.example/{}?a=1&amp;b=2", "https://shop.example/{}?a=1&b=2", "http://shop.example/{}#top",
    "HTTPS://Shop.example/a/{}", "https://shop.example/{}/%C3%BC", "https://shop.example/{}?x=3D=20",
    "&#104;ttps://a.example/{}", " https://shop.example/{} ", "https://shop.example/{}/" + "long/" * 20,
    "https://m\u00fcller.example/{}",
    "https://shop.example/{}?q=" + "x" * 400, "mailto:{}@a.example", "#{}", "{{{{ u{} }}}}",
    "https://shop.example/unsubscribe/{}", "https://a.example/list/leave?u={}", "https://track.example/c/forged{}",
    "//shop.example/{}", "https://shop.example/?token={}", "https://shop.example/{}/\u9000\u8d27",
    "https://shop.example/{}?q=&#36864;&amp;r=&Omega;",
]  # fmt: skip
UNSUBSCRIBE: Final = ["https://a.example/list/leave?u=1", "https://a.example/opt?x=2", "https://a.example/bye/3"]
# Lines that are no field, or not this message's.
PREAMBLES: Final = [
    "This is a multi-part message in MIME format.", "", "Content-Type: text/html", "<a href='https://shop.example/'>",
    "X-LM-Override-Track-Opens: false", "--", "From here on", "--b \tx", "DKIM-Signature: v=1", ".", "..",
]  # fmt: skip
FIELDS: Final = [
    "Subject: Your code", "To: ann@shop.example", "X-A:value", "X-A:    three blanks", "MIME-Version: 1.0", "Date: ",
    "X-8bit: \u00e4\u00ff", "References: " + " ".join(f"<{n}@shop.example>" for n in range(9)), "X-Long: " + "x" * 300,
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?b?ZsO8cg==?=", "X-Folded: a\n\tb\n  c",
    "Received: from a\n\tby b;\n\tnow", "List-Id: x <x.example>", "X-Empty:", "x-lm-campaign: spring",
    "X-LM-Overrides: 1", "Content-Language: de",
    "X-Trailing: blanks \t ", "Subject: a\n X-LM-Override-Track-Opens: false", "Return-Path: <>",
    "Content-ID: <top@x>",
]  # fmt: skip
# Written, the flags it is about, and what it says; a control header that says nothing about a flag is removed too.
CONTROLS: Final[list[tuple[str, str, bool | None]]] = [
    ("X-LM-Override-Track-Opens: false", "opens", False),
    ("X-LM-Override-Track-Clicks: false", "clicks", False),
    ("X-LM-Override-Track-Opens: true", "opens", True),
    ("X-LM-Override-Track-Clicks: true", "clicks", True),
    ("x-lm-override-track-clicks:No", "clicks", False),
    ("X-LM-OVERRIDE-TRACK-OPENS:\n\toff ", "opens", False),
    ("X-Lm-Override-Track-Opens:\t1\t", "opens", True),
    ("X-LM-Override-Track-Clicks: \n yes", "clicks", True),
    ("X-LM-Override-Track-Opens: maybe", "opens", None),
    ("X-LM-Override-Track-Opens:", "opens", None),
    ("X-LM-Override-Track-Clicks: =?utf-8?q?true?=", "clicks", None),
    ("X-LM-Override-Track-Clicks: true (comment)", "clicks", None),
]
# Parsers disagree about these and all fields after them.
MALFORMED: Final = [
    ("X-LM-Override-Track-Opens : false", "opens"), ("X-LM-Override-Track-Clicks\t: true", "clicks"),
    ("x-lm-override-track-opens :\n no", "opens"), ("X-LM-Override-Track-Clicks true", "clicks"),
]  # fmt: skip
SIGNATURES: Final = [
    "DKIM-Signature: v=1; a=rsa-sha256; d=a.example;\n\tb=abc=", "ARC-Seal: i=1; a=rsa-sha256", "dkim-signature:v=1",
    "ARC-Message-Signature: i=1", "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "ARC-Authentication-Results: i=1; a.example",
]  # fmt: skip
# Written, and what it makes of the part.
DISPOSITIONS: Final[list[tuple[str, Fate]]] = [
    ("Content-Disposition: inline", "must"),
    ("Content-Disposition: inline", "must"),
    ("Content-Disposition: inline ", "must"),
    ("CONTENT-DISPOSITION:INLINE", "must"),
    ("Content-Disposition:\n inline;", "must"),
    ("Content-Disposition: attachment", "never"),
    ("content-disposition:ATTACHMENT", "never"),
    ("Content-Disposition: Attachment; filename=page.html", "never"),
    ("Content-Disposition:\n\tattachment;\n filename*=utf-8''p%20age.html", "never"),
    ('Content-Disposition: inline; filename="report.html"', "never"),
    ('Content-Disposition: inline; FILENAME = "report.html"', "never"),
    ("Content-Disposition: inline;\n filename*0=re;\n filename*1=port.html", "never"),
    ("Content-Disposition: inline; filename*=utf-8'en'%e2%82%ac.html", "never"),
    ('Content-Disposition: inline; x="a;b"; filename=x.html', "never"),
    ('Content-Disposition: inline; x="; filename=x.html"', "may"),
    ('Content-Disposition: inline; filename=""', "may"),
    ("Content-Disposition: x-shown", "may"),
    ("Content-Disposition: (c) attachment", "may"),
    ("Content-Disposition:", "may"),
    ("Content-Disposition: inline\nContent-Disposition: attachment", "may"),
]
# `{}` is what stands in the regular header; readers disagree about these.
ODD_TYPES: Final = [
    "Content-Type: text/html (a comment); charset={}",
    "Content-Type: (a comment) text/html; charset={}",
    "Content-Type: text/html charset={}",
    "Content-Type: text/html, charset={}",
    "Content-Type: text/html; charset={}\nContent-Type: text/plain",
    "Content-Type: text/plain\nContent-Type: text/html; charset={}",
    "Content-Type: text/html; charset={}\nContent-Type: text/html; charset=utf-16",
    "Content-Type : text/html; charset={}",
    'Content-Type: "text/html"; charset={}',
    "Content-Type: text / html; charset={}",
    'Content-Type: text/html; x="unclosed; charset={}',
    "Content-Type: text/html; charset={}; charset=us-ascii",
    "no colon here\nContent-Type: text/html; charset={}",
]
FILE_NAMES: Final = ['name="page.html"', "NAME=page.html", "name*=utf-8''page.html", "name*0=pa; name*1=ge.html"]
ODD_ENCODINGS: Final = [
    "Content-Transfer-Encoding: {} (a comment)", "Content-Transfer-Encoding: {};", 'Content-Transfer-Encoding: "{}"',
    "Content-Transfer-Encoding: {0}\nContent-Transfer-Encoding: {0}", "Content-Transfer-Encoding : {}",
    "Content-Transfer-Encoding: {}\nContent-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: {}",
]  # fmt: skip
LINK_TAGS: Final = [
    '<a href="{}">', '<a href="{}">', '<a href="{}">', "<a href='{}'>", "<A HREF = \"{}\" style='x'>", "<area href={}>",
    '<a class="c"\nhref="{}"\n>', '<a href="{}" data-lm-no-track>', '<a data-pm-no-track href="{}">', "<a href={} x>",
    '<!--[if mso]><v:rect href="{}"></v:rect><![endif]-->', '<!-- <a href="{}"> -->', '<a title=">" href="{}">',
]  # fmt: skip
# `{u}` is a URL, `{s}` text in the part's charset.
PLAIN_LINES: Final = [
    "Our shop: {u}.", "({u})", "<{u}>", "> {u}", "> > See {u},\n>> {u}!", "See {u} \nand {u}; [{u}]", "*{u}*", "=\n{u}",
    "{s} {u} {s}", "{s}{u}{s}", '"{u}"', "'{u}'", "{u}\n\n-- \nann", "From {u}\n.\n..", "|{u}|{u}|", "{u}\u2019s",
    "https://shop.example/a_(b)_{s}?x={u}", "<a href={u}>", "Answer to <mailto:ann@shop.example>.", "{{ u }} {u}",
    "x" * 980 + " {u}", "{u} {u} {u} {u} {u} {u}", "https://shop.example/=20=3D\t{u}=", "\t{u}\t",
]  # fmt: skip
# `{e}` is a line end or nothing, `{m}` the text with the links.
SHAPES: Final = [
    "<!DOCTYPE html>{e}<html>{e}<head><title>x</title></head>{e}<body>{e}{m}{e}</body>{e}</html>{e}", "{m}", "{m}{e}",
    "", "<html><body>{m}", "<BODY>{m}</BODY>", "{m}</html>", "<html>{m}</body></html><!-- </body> -->", "{m}<p class='",
    '{m}<a href="https://x', "<body>{m}<!-- unfinished", "<head><base href='https://b.example/'></head>{m}", "{m} ",
    "<style>{m}", "{m}=", "<!--[if mso]>{m}<![endif]-->{m}</body>", "<html>{e}{e}<body bgcolor=3D>{m}</body>{e}{e}",
    "<svg>{m}</svg>{m}", ".{e}{m}{e}.{e}", "<body>{e}From {m}{e}From x{e}</body>", "{e}{m}", "{m}\r", "\0<body>{m}",
    "<body>{m}\t{e} {e}</body>",
]  # fmt: skip
