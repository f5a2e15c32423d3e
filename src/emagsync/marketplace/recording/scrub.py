"""Takes credentials, personal data and addresses out of what was sent to eMAG and what came back.

What is taken out is *masked*: each letter becomes `x`, each digit `0`, and everything else stays, so that a value keeps
its shape (`+40 722 111 222` becomes `+00 000 000 000`, an e-mail address still looks like one) and nothing can be
computed back from it. Three rules, each for what the others cannot see:

1. by place: everything below `customer`, `sender`, `manufacturer` and the like, and keys such as `billing_phone`;
2. by look, in every text: e-mail addresses, phone numbers, IBANs, tax numbers, IP addresses, tokens, what is named as a
   password, a key or a token, whatever an address on the web carries behind `?` or before `@`;
3. by value: the API user's name and password, and each name or address that rule 1 found, wherever else it stands in
   the same answer (a customer's name in the name of an invoice's file).

An answer is gone through as text, token by token, and all that is not masked keeps its bytes: odd spellings of numbers,
broken JSON and half answers are replayed as they were.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

# Routes whose answers are about offers and reference data; in those of all others attachments name people.
_ABOUT_OFFERS: Final = ("product_offer/", "offer/", "offer_stock", "vat/", "handling_time/", "category/", "smart-deals")
_ABOUT_OFFERS_TOO: Final = ("documentation/", "measurements/", "campaign_proposals/")

# Everything below these keys is about a person or a company.
_PEOPLE: Final = frozenset(
    {
        *("customer", "sender", "receiver", "supplier", "manufacturer", "eu_representative"),
        *("return_address_snapshot", "billing", "shipping", "address", "addresses", "contact"),
    }
)
_PEOPLE_ON_ORDERS: Final = frozenset({"attachments", "proforms", "vendor_invoice"})
# Keys whose value is personal wherever they stand.
_PERSONAL: Final = re.compile(
    r"""(?: .*_)? (?: phone_?[0-9]? | email | e_mail | fax | iban | bank | street | postal_code | zip | zip_?code
        | suburb | city | quarter | liable_person | contact | cif | cnp | tax_code | regist(?:er|ration)_number
        | address(?:_line)?_?[0-9]? | user_?name | password | token | secret | ip | vendor_ip )
      | customer_(?!invoice).* | (?: billing | shipping | pickup | receiver | sender ) _ (?: name | city | company
        | locality(?:_id)? | country | district )
      | vendor_name | observations? | serial_numbers | invoice_storno_url | locker_name | company(?:_name)? """,
    re.VERBOSE | re.IGNORECASE,
)
# Keys whose values look like phone or tax numbers and are none.
_PLAIN: Final = frozenset({"ean", "eans", "part_number", "ext_part_number", "part_number_key", "mkt_id", "currency"})

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_NUMBER: Final = re.compile(r"-?[0-9]")

_EMAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE: Final = re.compile(
    # Not behind a slash: the folders of eMAG's images are numbers.
    r"(?<![\w.,/])(?:(?:\+|00)(?:[ ().\-/]{0,2}[0-9]){8,14}|0(?:[ ().\-/]{0,2}[0-9]){9}"
    r"|(?:407|3598|36[237]0)[0-9]{7,8})(?!\w)"
)
# A street and a house number, as they are written in the platforms' countries.
_STREET: Final = re.compile(
    r"""\b(?: (?: strada | str\. | bulevardul | bd\. | b-dul | bdul\.? | calea | aleea | (?:ș|ş|s)oseaua | (?:ș|ş|s)os\.
        | splaiul | intrarea | pia(?:ț|ţ|t)a | ул\. | бул\. | улица | булевард ) \s [^<>\n]{2,40}? [0-9]{1,4}
        | (?: [^\W\d]+ [ ] ){1,3}? (?: utca | út | útja | tér | tere | körút | krt\. ) \s [0-9]{1,4} ) \b""",
    re.VERBOSE | re.IGNORECASE,
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_TAX: Final = re.compile(r"\b(?:RO|BG|HU|C\.?U\.?I\.?|C\.?I\.?F\.?)[ :]{0,2}(?:RO)? ?[0-9]{6,10}\b", re.IGNORECASE)
_REGISTER: Final = re.compile(r"\bJ ?[0-9]{1,2} ?/ ?[0-9]{1,7} ?/ ?[0-9]{4}\b")
# Personal numbers of Romania: date of birth and check digit, which tell them from most barcodes.
_CNP: Final = re.compile(r"(?<![0-9])[1-8][0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{6}(?![0-9])")
_CNP_WEIGHTS: Final = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
_IPV4: Final = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])")
_IPV6: Final = re.compile(
    r"(?<![\w:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{0,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}:?){0,7})(?![\w:])"
)
_BEARER: Final = re.compile(r"\b(?:Basic|Bearer)\s+(?P<mask>[A-Za-z0-9+/=._~-]{6,})", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"""\b[\w-]*(?:token|passw(?:or)?d|pwd|secret|api[_-]?key)\b["']?\s*[:=]\s*["']?(?P<mask>[^\s"'<>&;,]{6,})""",
    re.IGNORECASE,
)
_JWT: Final = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+){1,2}")
_WEB_LOGIN: Final = re.compile(r"(?i)\bhttps?://(?P<mask>[^/\s\"'<>@]+)@")
_WEB_QUERY: Final = re.compile(r"(?i)\bhttps?://[^\s\"'<>?#]*[?#](?P<mask>[^\s\"'<>]+)")
_WEB_TOKEN: Final = re.compile(
    r"(?i)\bhttps?://[^\s\"'<>?#]*/(?P<mask>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[^/\W]*[0-9])\w{24,})"
)
# What none of the looks can do without: most texts have nothing of it.
_HINTS: Final = re.compile(r"[0-9@]|://|eyJ|basic |bearer |[:=]", re.IGNORECASE)

_SHORTEST_SECRET: Final = 4
# A shorter user name, such as `main`, occurs in ordinary words.
_SHORTEST_USERNAME: Final = 5
_SHORTEST_NAME: Final = 5
_MOST_NAMES: Final = 2000


class Credentials(NamedTuple):
    """The API user whose calls are recorded."""

    username: str
    password: str


class Scrubber:
    """Masks what must not leave the seller's house; `credentials` of every API user that is recorded."""

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        secrets: set[str] = set()
        for user in credentials:
            secrets |= {b64encode(f"{user.username}:{user.password}".encode()).decode()}
            for value, shortest in ((user.password, _SHORTEST_SECRET), (user.username, _SHORTEST_USERNAME)):
                secrets |= _spellings(value) if len(value) >= shortest else set()
        self._secrets = _any_of(secrets)

    def body(self, route: str, content: bytes) -> bytes:
        """A body of `route`, scrubbed. JSON is recognised by how it begins, so half of it is JSON too."""
        text = content.decode("utf-8", "surrogateescape")
        is_json = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
        text = _Json(route, self).scrubbed(text) if is_json else self.text(text)
        return text.encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """A text, scrubbed by its looks and of the known secrets. Entities do not hide what they spell."""
        spelled = html.unescape(text) if "&" in text else text
        masked = self._looked_at(spelled)
        return text if masked == spelled else masked

    def secrets(self, text: str) -> str:
        """A text without the credentials, and otherwise as it is."""
        return text if self._secrets is None else self._secrets.sub(_masked, text)

    def _looked_at(self, text: str) -> str:
        text = self.secrets(text)
        if _HINTS.search(text):
            for look in _LOOKS:
                text = look.masked(text)
        return text


class _Look(NamedTuple):
    """What personal data looks like; a text without one of the `hints` has none of it."""

    pattern: re.Pattern[str]
    hints: tuple[str, ...]
    replace: Callable[[re.Match[str]], str]

    def masked(self, text: str) -> str:
        """The text with it masked."""
        return self.pattern.sub(self.replace, text) if any(hint in text for hint in self.hints) else text


class _Json:
    """One JSON text, or as much of it as came."""

    def __init__(self, route: str, scrubber: Scrubber) -> None:
        self._about_offers = route.startswith(_ABOUT_OFFERS + _ABOUT_OFFERS_TOO)
        self._people = _PEOPLE if self._about_offers else _PEOPLE | _PEOPLE_ON_ORDERS
        self._scrubber = scrubber
        self._names: set[str] = set()

    def scrubbed(self, text: str) -> str:
        tokens = list(_TOKEN.finditer(text))
        places = list(self._places(tokens))
        names = _any_of(self._names)
        pieces: list[str] = []
        end = 0
        for piece, place in zip(tokens, places, strict=True):
            pieces.append(text[end : piece.start()])
            pieces.append(self._replaced(piece[0], place, names))
            end = piece.end()
        return "".join(pieces) + text[end:]

    def _places(self, tokens: list[re.Match[str]]) -> Iterator[str]:
        """What each piece is: `key`, `personal`, `plain` or `other`. Gathers the personal names on the way."""
        open_keys: list[str] = [""]
        personal: list[bool] = [False]
        key = ""
        for number, match in enumerate(tokens):
            piece = match[0]
            is_key = piece[0] == '"' and number + 1 < len(tokens) and tokens[number + 1][0] == ":"
            if is_key:
                key = _decoded(piece) or ""
                # The results of a search for barcodes have them for keys.
                yield "plain" if key.isdecimal() else "key"
                continue
            if piece in "{[":
                open_keys.append(key)
                personal.append(personal[-1] or key.lower() in self._people)
            elif piece in "}]" and len(open_keys) > 1:
                personal.pop()
                key = open_keys.pop()
            is_value = piece[0] == '"' or _NUMBER.match(piece)
            name = key or open_keys[-1]
            if is_value and (personal[-1] or name.lower() in self._people or _PERSONAL.fullmatch(name)):
                self._note(piece)
                yield "personal"
            else:
                yield "plain" if name in _PLAIN else "other"
            if piece == ",":
                # The next value of a list is under the list's own key; that of an object has its key before it.
                key = open_keys[-1]

    def _note(self, piece: str) -> None:
        # The names of manufacturers are brands too: an offer would read differently from page to page.
        if self._about_offers:
            return
        value = (_decoded(piece) or "").strip() if piece[0] == '"' else ""
        if len(value) >= _SHORTEST_NAME and not value.isdecimal() and len(self._names) < _MOST_NAMES:
            self._names.add(value)

    def _replaced(self, piece: str, place: str, names: re.Pattern[str] | None) -> str:
        if piece[0] != '"':
            return _zero(piece) if place == "personal" else piece
        value = _decoded(piece)
        if value is None:  # the text broke off within it, or its escapes are broken
            return _mask(piece) if place == "personal" else self._scrubber.text(piece)
        if place == "personal":
            changed = _mask(value)
        elif place == "plain":
            changed = self._scrubber.secrets(value)
        else:
            changed = self._scrubber.text(names.sub(_masked, value) if names is not None and place != "key" else value)
        return piece if changed == value else json.dumps(changed, ensure_ascii=piece.isascii())


def _spellings(secret: str) -> set[str]:
    """The secret as it may stand in an address, in what a form sends, and in JSON that is quoted in a text."""
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *quoted}


def _decoded(token: str) -> str | None:
    if "\\" not in token and len(token) > 1 and token[-1] == '"':
        return token[1:-1]
    try:
        value = json.loads(token, strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    found = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)), re.IGNORECASE) if found else None


def _mask(text: str) -> str:
    return "".join("0" if one.isdigit() else "x" if one.isalpha() else one for one in text)


def _masked(match: re.Match[str]) -> str:
    return _mask(match[0])


def _masked_part(match: re.Match[str]) -> str:
    start, end = (place - match.start() for place in match.span("mask"))
    return match[0][:start] + _mask(match["mask"]) + match[0][end:]


def _masked_cnp(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in match[0]]
    check = sum(weight * digit for weight, digit in zip(_CNP_WEIGHTS, digits, strict=False)) % 11
    return _masked(match) if digits[-1] == (1 if check == 10 else check) else match[0]


def _zero(token: str) -> str:
    """A personal number, such as a phone number without quotes; JSON has no number that begins with two zeros."""
    return "0" if _NUMBER.match(token) else token


_ANY: Final = ("",)
_LOOKS: Final = (
    _Look(_WEB_LOGIN, ("://",), _masked_part),
    _Look(_WEB_QUERY, ("://",), _masked_part),
    _Look(_WEB_TOKEN, ("://",), _masked_part),
    _Look(_BEARER, (" ",), _masked_part),
    _Look(_NAMED, (":", "="), _masked_part),
    _Look(_JWT, ("eyJ",), _masked),
    _Look(_STREET, (" ",), _masked),
    _Look(_EMAIL, ("@",), _masked),
    _Look(_IBAN, _ANY, _masked),
    _Look(_PHONE, ("0", "+"), _masked),
    _Look(_TAX, _ANY, _masked),
    _Look(_REGISTER, ("J",), _masked),
    _Look(_CNP, _ANY, _masked_cnp),
    _Look(_IPV4, (".",), _masked),
    _Look(_IPV6, (":",), _masked),
)
