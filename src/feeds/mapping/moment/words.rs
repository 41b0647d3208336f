//! Words in dates: months, days of the week, AM and PM, and time zones, in English, Spanish, French, German, Italian,
//! Portuguese and Dutch.

use chrono::Weekday;

/// A word in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateWord {
    /// A month, from 1.
    Month(u32),
    /// A day of the week.
    Day(Weekday),
    /// `mar`: March, or martes (Tuesday).
    MarchOrTuesday,
    /// AM.
    Morning,
    /// PM.
    Afternoon,
    /// Noon.
    Noon,
    /// Midnight.
    Midnight,
    /// UTC.
    Utc,
    /// A time zone abbreviation: its offset in minutes.
    Offset(i32),
    /// A word between the parts that has no meaning of its own.
    Filler,
    /// A word between start and end.
    Until,
    /// Between hours and minutes (`9h30`).
    Hours,
}

const MONTHS: [(u32, &[&str]); 12] = [
    (
        1,
        &["january", "jan", "enero", "ene", "janvier", "janv", "januar", "jän", "gennaio", "gen", "janeiro", "januari"],
    ),
    (
        2,
        &[
            "february",
            "feb",
            "febr",
            "febrero",
            "février",
            "fevrier",
            "févr",
            "fév",
            "februar",
            "febbraio",
            "fevereiro",
            "fev",
            "februari",
        ],
    ),
    (3, &["march", "marzo", "mars", "mrz", "märz", "março", "marco", "maart", "mrt"]),
    (4, &["april", "apr", "abril", "abr", "avril", "avr", "aprile"]),
    (5, &["may", "mayo", "mai", "maggio", "mag", "maio", "mei"]),
    (6, &["june", "jun", "junio", "juin", "juni", "giugno", "giu", "junho"]),
    (7, &["july", "jul", "julio", "juillet", "juil", "juli", "luglio", "lug", "julho"]),
    (8, &["august", "aug", "agosto", "ago", "août", "aout", "augustus"]),
    (9, &["september", "sept", "sep", "septiembre", "setiembre", "set", "septembre", "settembre", "setembro"]),
    (10, &["october", "oct", "octubre", "octobre", "oktober", "okt", "ottobre", "ott", "outubro"]),
    (11, &["november", "nov", "noviembre", "novembre", "novembro"]),
    (
        12,
        &[
            "december",
            "dec",
            "diciembre",
            "dic",
            "décembre",
            "decembre",
            "déc",
            "dezember",
            "dez",
            "dicembre",
            "dezembro",
        ],
    ),
];

const DAYS: [(Weekday, &[&str]); 7] = [
    (
        Weekday::Mon,
        &[
            "monday", "mon", "lunes", "lun", "lundi", "montag", "mo", "lunedì", "lunedi", "segunda", "seg", "maandag",
            "ma",
        ],
    ),
    (
        Weekday::Tue,
        &[
            "tuesday", "tue", "tues", "martes", "mardi", "dienstag", "di", "martedì", "martedi", "terça", "terca",
            "ter", "dinsdag",
        ],
    ),
    (
        Weekday::Wed,
        &[
            "wednesday",
            "wed",
            "weds",
            "miércoles",
            "miercoles",
            "mié",
            "mie",
            "mercredi",
            "mer",
            "mittwoch",
            "mi",
            "mercoledì",
            "mercoledi",
            "quarta",
            "qua",
            "woensdag",
            "wo",
        ],
    ),
    (
        Weekday::Thu,
        &[
            "thursday",
            "thu",
            "thur",
            "thurs",
            "jueves",
            "jue",
            "jeudi",
            "jeu",
            "donnerstag",
            "do",
            "giovedì",
            "giovedi",
            "gio",
            "quinta",
            "qui",
            "donderdag",
        ],
    ),
    (
        Weekday::Fri,
        &[
            "friday", "fri", "viernes", "vie", "vendredi", "ven", "freitag", "fr", "venerdì", "venerdi", "sexta",
            "sex", "vrijdag", "vr",
        ],
    ),
    (
        Weekday::Sat,
        &[
            "saturday", "sat", "sábado", "sabado", "sáb", "sab", "samedi", "sam", "samstag", "sa", "sabato",
            "zaterdag", "za",
        ],
    ),
    (
        Weekday::Sun,
        &["sunday", "sun", "domingo", "dom", "dimanche", "dim", "sonntag", "so", "domenica", "zondag", "zo"],
    ),
];

/// Abbreviations of North American time zones, in minutes east of UTC. Abbreviations without a season (such as ET) are
/// left out because their offset would be a guess.
const ZONES: [(&str, i32); 11] = [
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
];

/// The meaning of a lower-case word.
pub(super) fn read(word: &str) -> Option<DateWord> {
    let simple = match word {
        "mar" => Some(DateWord::MarchOrTuesday),
        "a" | "am" => Some(DateWord::Morning),
        "p" | "pm" => Some(DateWord::Afternoon),
        "noon" | "midday" | "mediodía" | "mediodia" | "midi" => Some(DateWord::Noon),
        "midnight" | "medianoche" | "minuit" => Some(DateWord::Midnight),
        "z" | "utc" | "gmt" => Some(DateWord::Utc),
        "t" | "at" | "on" | "de" | "del" | "of" | "the" | "las" | "la" | "los" | "el" | "st" | "nd" | "rd" | "th"
        | "hrs" | "hs" | "hr" | "uhr" | "um" | "feira" | "ore" | "alle" | "às" | "as" | "op" | "den" | "à" | "le"
        | "o" | "er" => Some(DateWord::Filler),
        "bis" | "to" | "until" | "till" | "hasta" | "thru" | "through" => Some(DateWord::Until),
        "h" => Some(DateWord::Hours),
        _ => None,
    };
    let month = || MONTHS.iter().find(|(_, words)| words.contains(&word)).map(|(month, _)| DateWord::Month(*month));
    let day = || DAYS.iter().find(|(_, words)| words.contains(&word)).map(|(day, _)| DateWord::Day(*day));
    let zone = || ZONES.iter().find(|(name, _)| *name == word).map(|(_, minutes)| DateWord::Offset(*minutes));
    simple.or_else(month).or_else(day).or_else(zone)
}
