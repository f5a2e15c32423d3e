"""Word lists from which the sandbox composes Romanian-looking product texts. All of them are made up here."""

from typing import Final

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
