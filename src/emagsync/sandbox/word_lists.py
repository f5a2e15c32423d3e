"""Word lists from which the sandbox composes texts that look like those of a country. All are made up here."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

# The number at eMAG of the first product's category; each of the products has the next one.
FIRST_CATEGORY: Final = 3000
PRODUCTS: Final = (
    "Lampă LED de birou",
    "Suport telefon auto",
    "Încărcător rapid USB-C",
    "Umidificator de aer",
    "Cafetieră electrică",
    "Set șurubelnițe de precizie",
    "Căști fără fir",
    "Husă de protecție",
    "Cablu de alimentare",
    "Baterie externă",
    "Organizator pentru sertar",
    "Cântar de bucătărie",
    "Ghiozdan școlar",
    "Pernă ortopedică",
    "Adaptor HDMI",
    "Trusă de scule",
    "Bandă LED",
    "Ventilator de masă",
    "Jucărie din lemn",
    "Tavă pentru copt",
    "Mouse fără fir",
    "Ceas deșteptător",
    "Covoraș antialunecare",
    "Pompă de aer",
    "Furtun de grădină",
    "Foarfecă de tăiat iarbă",
    "Ștergător de parbriz",
    "Raft metalic",
    "Țeavă flexibilă",
    "Înălțător auto",
)
TRAITS: Final = (
    "reglabil pe înălțime",
    "cu telecomandă",
    "pliabil",
    "rezistent la apă",
    "din oțel inoxidabil",
    "cu 3 trepte de viteză",
    "fără BPA",
    "cu garanție extinsă",
    "pentru interior și exterior",
    "cu afișaj digital",
    "portabil",
    "silențios",
    "ultra subțire",
    "cu husă inclusă",
    "pentru călătorii",
    "ușor de curățat",
)
COLOURS: Final = (
    "Negru mat",
    "Alb",
    "Gri închis",
    "Roșu",
    "Albastru",
    "Verde",
    "Argintiu",
    "Maro",
    "Bej",
    "Portocaliu",
)
BRANDS: Final = ("Elandor", "OEM", "Nordika", "Fulgerix", "Casa Bună", "TehnoVal", "Brăduț", "Zorilux")
SENTENCES: Final = (
    "Produsul este <strong>ușor de montat</strong> și nu are nevoie de unelte speciale.",
    "Materialele alese rezistă în timp și se curăță cu o cârpă umedă.",
    "Cutia conține produsul, cablul de alimentare și <em>manualul în limba română</em>.",
    "Se potrivește atât acasă, cât și la birou, datorită designului discret.",
    "Consumul redus de energie îl face potrivit pentru folosire zilnică.",
    "Protecția la supraîncălzire oprește automat aparatul după două ore.",
    "Marginile rotunjite îl fac sigur &icirc;n prezența copiilor &amp; animalelor.",
    "Greutatea mică permite transportul în orice bagaj de mână.",
    "&bdquo;Cea mai bună alegere din gama noastră&rdquo;, spun clienții mulțumiți.",
    "Temperatura de lucru este cuprinsă între -10 și 45 de grade.",
    "Furnizorul oferă piese de schimb timp de cel puțin <strong>5 ani</strong>.",
    "Conectorii auriți asigură un contact bun și pierderi minime.",
)
FIRST_NAMES: Final = ("Ana", "Ștefan", "Ioana", "Răzvan", "Mădălina", "Gheorghe", "Țuțu", "Cătălin")
LAST_NAMES: Final = ("Popescu", "Ionescu", "Brânză", "Șerban", "Dumitrașcu", "Văcărescu", "Țăranu", "Rusu")
STREETS: Final = ("Strada Florilor", "Bulevardul Unirii", "Aleea Călărașilor", "Strada Învățătorului", "Calea Moșilor")
LOCALITIES: Final = (
    ("București", "București", 8801),
    ("Cluj-Napoca", "Cluj", 4012),
    ("Iași", "Iași", 6155),
    ("Timișoara", "Timiș", 9790),
    ("Brașov", "Brașov", 1999),
    ("Constanța", "Constanța", 4703),
)


class Words(NamedTuple):
    """What the offers and reference data of one country are composed from. ``localities``: city, county, id."""

    products: Sequence[str]
    traits: Sequence[str]
    colours: Sequence[str]
    sentences: Sequence[str]
    brands: Sequence[str]
    localities: Sequence[tuple[str, str, int]]
    depot: str
    company: tuple[str, str]
    representative: tuple[str, str]
    safety: str
    yes: str


class OrderWords(NamedTuple):
    """What the orders, returns, invoices and parcels of one country are composed from. Telephone numbers are no one's.

    ``customers`` has names by first name; ``postal_codes`` stand in the order of the country's localities.
    """

    customers: Sequence[Sequence[str]]
    streets: Sequence[str]
    street: str
    postal_codes: Sequence[Sequence[str]]
    depot_codes: Sequence[str]
    phone: str
    vendor: str
    locker: str
    square: str
    cancelled: str
    document: str
    voucher: str
    deposit: str
    returned: str
    couriers: tuple[str, str]
    parcel: tuple[str, str]
    invoices: Mapping[str, str]
    emag_numbers: tuple[str, str]
    commission: str
    goods: str
    piece: str


def _codes(*first: int) -> tuple[tuple[str, ...], ...]:
    """Nine postal codes of each town."""
    return tuple(tuple(str(code) for code in range(start, start + 9)) for start in first)


def _of_both(*people: tuple[Sequence[str], Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Names of women and of men, whose family names differ: last names by first name."""
    return tuple(tuple(f"{first} {last}" for last in lasts) for firsts, lasts in people for first in firsts)


WORDS: Final = {
    "ro": Words(
        products=PRODUCTS,
        traits=TRAITS,
        colours=COLOURS,
        sentences=SENTENCES,
        brands=BRANDS,
        localities=LOCALITIES,
        depot="Strada Depozitului {}",
        company=("{} Industries SRL", "Strada Fabricii 12, Brașov, România"),
        representative=("Reprezentant UE SRL", "Calea Moșilor 7, București"),
        safety="A nu se lăsa la îndemâna copiilor. Citiți instrucțiunile înainte de folosire.",
        yes="Da",
    ),
    "bg": Words(
        products=(
            "Настолна LED лампа",
            "Стойка за телефон за кола",
            "Бързо зарядно устройство USB-C",
            "Овлажнител за въздух",
            "Електрическа кафеварка",
            "Комплект прецизни отвертки",
            "Безжични слушалки",
            "Предпазен калъф",
            "Външна батерия",
            "Кухненска везна",
            "Ученическа раница",
            "Ортопедична възглавница",
        ),
        traits=(
            "с регулируема височина",
            "с дистанционно управление",
            "сгъваем",
            "водоустойчив",
            "от неръждаема стомана",
            "за дома и градината",
            "безшумен",
            "лесен за почистване",
        ),
        colours=("Черен мат", "Бял", "Тъмносив", "Червен", "Син", "Зелен", "Сребрист", "Кафяв"),
        sentences=(
            "Продуктът се <strong>монтира лесно</strong> и не изисква специални инструменти.",
            "Материалите са издръжливи и се почистват с влажна кърпа.",
            "Комплектът съдържа продукта, захранващ кабел и <em>ръководство на български език</em>.",
            "Подходящ е както за дома, така и за офиса.",
            "Ниската консумация на енергия го прави подходящ за ежедневна употреба.",
            "Закръглените ръбове го правят безопасен за деца &amp; домашни любимци.",
            "Производителят осигурява резервни части поне <strong>5 години</strong>.",
        ),
        brands=BRANDS,
        localities=(
            ("София", "София-град", 21_001),
            ("Пловдив", "Пловдив", 21_002),
            ("Варна", "Варна", 21_003),
            ("Бургас", "Бургас", 21_004),
        ),
        depot="ул. Складова {}",
        company=("{} Индъстрис ЕООД", "ул. Фабрична 12, Пловдив, България"),
        representative=("Представител ЕС ООД", "бул. Витоша 7, София"),
        safety="Да се пази от деца. Прочетете инструкциите преди употреба.",
        yes="Да",
    ),
    "hu": Words(
        products=(
            "LED asztali lámpa",
            "Autós telefontartó",
            "USB-C gyorstöltő",
            "Légpárásító",
            "Elektromos kávéfőző",
            "Precíziós csavarhúzókészlet",
            "Vezeték nélküli fülhallgató",
            "Védőtok",
            "Külső akkumulátor",
            "Konyhai mérleg",
            "Iskolatáska",
            "Ortopéd párna",
        ),
        traits=(
            "állítható magasságú",
            "távirányítóval",
            "összecsukható",
            "vízálló",
            "rozsdamentes acélból",
            "otthonra és kertbe",
            "csendes",
            "könnyen tisztítható",
        ),
        colours=("Matt fekete", "Fehér", "Sötétszürke", "Piros", "Kék", "Zöld", "Ezüst", "Barna"),
        sentences=(
            "A termék <strong>könnyen felszerelhető</strong>, különleges szerszám nem kell hozzá.",
            "Az anyagok időtállóak, nedves ruhával tisztíthatók.",
            "A doboz tartalma: a termék, a tápkábel és a <em>magyar nyelvű útmutató</em>.",
            "Otthonra és irodába egyaránt illik.",
            "Alacsony fogyasztása miatt mindennapi használatra alkalmas.",
            "Lekerekített élei gyermekek &amp; állatok mellett is biztonságossá teszik.",
            "A gyártó legalább <strong>5 évig</strong> ad pótalkatrészt.",
        ),
        brands=BRANDS,
        localities=(
            ("Budapest", "Budapest", 31_001),
            ("Debrecen", "Hajdú-Bihar", 31_002),
            ("Szeged", "Csongrád-Csanád", 31_003),
            ("Győr", "Győr-Moson-Sopron", 31_004),
        ),
        depot="Raktár utca {}.",
        company=("{} Ipari Kft.", "Gyár utca 12., Győr, Magyarország"),
        representative=("EU Képviselő Kft.", "Andrássy út 7., Budapest"),
        safety="Gyermekektől elzárva tartandó. Használat előtt olvassa el az útmutatót.",
        yes="Igen",
    ),
}

ORDER_WORDS: Final = {
    "ro": OrderWords(
        customers=_of_both((FIRST_NAMES, LAST_NAMES)),
        streets=STREETS,
        street="{street} {house}, ap. {flat}",
        postal_codes=(("010101",),) * len(LOCALITIES),
        depot_codes=("1011", "1022", "1033"),
        phone="+4070000{:04d}",
        vendor="{} Magazin SRL",
        locker="Locker {}",
        square="Piața Mare",
        cancelled="Clientul a renunțat",
        document="Bon",
        voucher="Reducere de fidelitate",
        deposit="Garanție SGR",
        returned="Produsul nu se potrivește",
        couriers=("Curier standard", "Curier locker"),
        parcel=("AWB generat", "Expediția a fost înregistrată"),
        invoices={
            "FC": "Factură comision",
            "FCA": "Factură comision avans",
            "FCSA": "Factură comision servicii anexe",
            "FCD": "Factură comision decontare",
            "FTA": "Factură transport",
        },
        emag_numbers=("J00/0/2000", "00000000"),
        commission="Comision",
        goods="Produse",
        piece="buc",
    ),
    "bg": OrderWords(
        customers=_of_both(
            (("Мария", "Елена", "Десислава", "Цветелина"), ("Иванова", "Георгиева", "Щерева", "Петкова")),
            (("Георги", "Димитър", "Жеко", "Любомир"), ("Иванов", "Стоянов", "Къчев", "Юруков")),
        ),
        streets=("ул. Иван Вазов", "бул. Цар Освободител", "ул. Христо Ботев", "бул. България", "ул. Шипка"),
        street="{street} {house}, ап. {flat}",
        postal_codes=_codes(1000, 4000, 9000, 8000),
        depot_codes=("1000", "4000", "9000"),
        phone="088000{:04d}",  # with its prefix it would have more digits than an AWB may
        vendor="{} Трейд ЕООД",
        locker="Автомат за пратки {}",
        square="пл. Свобода",
        cancelled="Клиентът се отказа",
        document="Касов бон",
        voucher="Отстъпка за лоялни клиенти",
        deposit="Депозит за опаковка",
        returned="Продуктът не е подходящ за мен",
        couriers=("Стандартен куриер", "Куриер до автомат"),
        parcel=("Създадена товарителница", "Пратката е регистрирана"),
        invoices={
            "FC": "Фактура за комисиона",
            "FCA": "Авансова фактура за комисиона",
            "FCSA": "Фактура за комисиона за допълнителни услуги",
            "FCD": "Фактура за окончателен разчет на комисиона",
            "FTA": "Фактура за транспорт",
        },
        emag_numbers=("000000000", "BG000000000"),
        commission="Комисиона",
        goods="Продукти",
        piece="бр.",
    ),
    "hu": OrderWords(
        customers=tuple(
            tuple(f"{family} {given}" for family in ("Nagy", "Szűcs", "Kovács", "Tóth", "Fekete", "Őze"))
            for given in ("Anna", "László", "Zsófia", "Gergő", "Réka", "Ákos", "Györgyi", "Bence")
        ),
        streets=("Rózsa utca", "Petőfi Sándor utca", "Váci út", "Erzsébet körút", "Kossuth Lajos tér"),
        street="{street} {house}., {flat}. ajtó",
        postal_codes=_codes(1051, 4024, 6720, 9021),
        depot_codes=("1051", "4024", "6720"),
        phone="+3620000{:04d}",
        vendor="{} Webáruház Kft.",
        locker="Csomagautomata, {}",
        square="Fő tér",
        cancelled="A vevő lemondta a rendelést",
        document="Nyugta",
        voucher="Hűségkedvezmény",
        deposit="Visszaváltási díj",
        returned="Nem megfelelő a termék",
        couriers=("Házhoz szállítás", "Csomagautomata"),
        parcel=("Fuvarlevél elkészült", "A küldeményt rögzítettük"),
        invoices={
            "FC": "Jutalékszámla",
            "FCA": "Jutalékelőleg-számla",
            "FCSA": "Kiegészítő szolgáltatások jutalékszámlája",
            "FCD": "Jutalékelszámoló számla",
            "FTA": "Fuvardíjszámla",
        },
        emag_numbers=("00-00-000000", "00000000-0-00"),
        commission="Jutalék",
        goods="Termékek",
        piece="db",
    ),
}
