"""Words the sample files are made of: names, places, goods and pages. Data only."""

from __future__ import annotations

from typing import Final, NamedTuple


class Locale(NamedTuple):
    """One country's people: a name is written as there, its second half is what stands in an e-mail address."""

    country: str
    dialling_code: str
    cities: tuple[str, ...]
    first_names: tuple[tuple[str, str], ...]
    last_names: tuple[tuple[str, str], ...]


LOCALES: Final[tuple[Locale, ...]] = (
    Locale(
        "Germany",
        "+49",
        ("Berlin", "Köln", "München", "Görlitz", "Hamburg", "Frankfurt (Oder)"),
        (("Jürgen", "juergen"), ("Anneliese", "anneliese"), ("Käthe", "kaethe"), ("Lukas", "lukas"), ("Mia", "mia")),
        (("Müller", "mueller"), ("Weiß", "weiss"), ("von der Heide", "vonderheide"), ("Schröder", "schroeder")),
    ),
    Locale(
        "France",
        "+33",
        ("Paris", "Nîmes", "Besançon", "Saint-Étienne", "Lyon"),
        (("Zoë", "zoe"), ("François", "francois"), ("Hélène", "helene"), ("Jean-Luc", "jean-luc"), ("Noé", "noe")),
        (("Lefèvre", "lefevre"), ("D'Aubigné", "daubigne"), ("Martin", "martin"), ("Gagnière", "gagniere")),
    ),
    Locale(
        "Poland",
        "+48",
        ("Łódź", "Kraków", "Gdańsk", "Wrocław", "Poznań"),
        (("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Grażyna", "grazyna"), ("Paweł", "pawel")),
        (("Wiśniewski", "wisniewski"), ("Zając", "zajac"), ("Kowalczyk", "kowalczyk"), ("Dąbrowska", "dabrowska")),
    ),
    Locale(
        "United States",
        "+1",
        ("Portland, OR", "Austin, TX", "St. Louis, MO", "Coeur d'Alene, ID", "New York, NY"),
        (("Ashley", "ashley"), ("DeShawn", "deshawn"), ("Mary-Jo", "maryjo"), ("Tyler", "tyler"), ("Soledad", "sol")),
        (("O'Connor", "oconnor"), ("Nguyen", "nguyen"), ("St. John", "stjohn"), ("Baker", "baker"), ("Ortiz", "ortiz")),
    ),
    Locale(
        "Japan",
        "+81",
        ("東京", "大阪市", "札幌", "京都"),
        (("さくら", "sakura"), ("健太", "kenta"), ("明日香", "asuka"), ("翔", "sho")),
        (("佐藤", "sato"), ("鈴木", "suzuki"), ("髙橋", "takahashi"), ("伊藤", "ito")),
    ),
    Locale(
        "Brazil",
        "+55",
        ("São Paulo", "Belém", "Goiânia", "Florianópolis"),
        (("João", "joao"), ("Luíza", "luiza"), ("Antônio", "antonio"), ("Conceição", "conceicao")),
        (("da Silva", "dasilva"), ("Gonçalves", "goncalves"), ("Araújo", "araujo"), ("Sá", "sa")),
    ),
    Locale(
        "Greece",
        "+30",
        ("Αθήνα", "Θεσσαλονίκη", "Πάτρα"),
        (("Ελένη", "eleni"), ("Γιώργος", "giorgos"), ("Σοφία", "sofia")),
        (("Παπαδόπουλος", "papadopoulos"), ("Γεωργίου", "georgiou"), ("Νικολάου", "nikolaou")),
    ),
    Locale(
        "Ukraine",
        "+380",
        ("Київ", "Львів", "Одеса"),
        (("Оксана", "oksana"), ("Тарас", "taras"), ("Любов", "liubov")),
        (("Шевченко", "shevchenko"), ("Коваленко", "kovalenko"), ("Мельник", "melnyk")),
    ),
    Locale(
        "United Arab Emirates",
        "+971",
        ("دبي", "أبو ظبي"),
        (("فاطمة", "fatima"), ("محمد", "mohammed"), ("ليلى", "layla")),
        (("الهاشمي", "alhashimi"), ("المنصوري", "almansoori")),
    ),
    Locale(
        "India",
        "+91",
        ("मुंबई", "Bengaluru", "Chennai", "कोलकाता"),
        (("Priya", "priya"), ("अर्जुन", "arjun"), ("Lakshmi", "lakshmi"), ("Ravi", "ravi")),
        (("Sharma", "sharma"), ("Iyer", "iyer"), ("पटेल", "patel"), ("Singh", "singh")),
    ),
)

NICKNAMES: Final = ("Bob", "Ace", "Mimi", "Pip", "Red")
MAIL_DOMAINS: Final = ("example.com", "example.net", "example.org", "mail.example.com")
TIERS: Final = ("bronze", "Bronze", "silver", "Silver", "gold", "Gold", "platinum")

CATEGORIES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("Coffee", ("Espresso beans", "Filter roast", "Decaf blend", "Cold brew"), ("organic", "fair-trade", "250g")),
    ("Tea", ("Sencha", "Earl Grey", "Rooibos", "Maté"), ("loose-leaf", "organic", "caffeine-free")),
    ("Kitchen", ("Moka pot", "Burr grinder", "Gooseneck kettle", "Crème brûlée torch"), ("steel", "gift", "warranty")),
    ("Ceramics", ("Cup", "Saucer", "Teapot", "Butter dish"), ("handmade", "dishwasher-safe", "blue")),
    ("Outdoor", ("Enamel mug", "Camp stove", "Vacuum flask", "Folding cup"), ("light", "sale", "new")),
)
SERIES: Final = ("Aurora", "Fjord", "Nº 5", "Hōji", "Señora", "Basic", "Atelier")

PAGES: Final[tuple[tuple[str, str, str], ...]] = (
    ("Home", "home", "/"),
    ("Coffee", "shop", "/coffee"),
    ("Tea, loose leaf", "shop", "/tea?view=list"),
    ("Kitchen & tools", "shop", "/kitchen"),
    ("Basket", "checkout", "/basket"),
    ("Checkout: payment", "checkout", "/checkout/payment"),
    ('The "perfect" cup', "journal", "/journal/perfect-cup"),
    ("Our story", "about", "/about"),
    ("Page not found", "error", "/404"),
)
REFERRERS: Final = ("https://search.example/", "https://news.example/a", "https://mail.example.org/")
