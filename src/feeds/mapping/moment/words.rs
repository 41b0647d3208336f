//! Words in dates: months, days of the week, halves of the day and zones, in English, Spanish and French.

use chrono::Weekday;

/// A word of a date.
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
    /// A zone's abbreviation: its offset in minutes.
    Offset(i32),
    /// Stands between the parts and says nothing.
    Filler,
    /// Stands between start and end.
    Until,
    /// Between hours and minutes (`9h30`).
    Hours,
}

const MONTHS: [(u32, &[&str]); 12] = [
    (1, &["january", "jan", "enero", "ene", "janvier", "janv"]),
    (2, &["february", "feb", "febr", "febrero", "février", "fevrier", "févr", "fév"]),
    (3, &["march", "marzo", "mars", "mrz"]),
    (4, &["april", "apr", "abril", "abr", "avril", "avr"]),
    (5, &["may", "mayo", "mai"]),
    (6, &["june", "jun", "junio", "juin"]),
    (7, &["july", "jul", "julio", "juillet", "juil"]),
    (8, &["august", "aug", "agosto", "ago", "août", "aout"]),
    (9, &["september", "sept", "sep", "septiembre", "setiembre", "set", "septembre"]),
    (10, &["october", "oct", "octubre", "octobre"]),
    (11, &["november", "nov", "noviembre", "novembre"]),
    (12, &["december", "dec", "diciembre", "dic", "décembre", "decembre", "déc"]),
];

const DAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Mon, &["monday", "mon", "lunes", "lun", "lundi"]),
    (Weekday::Tue, &["tuesday", "tue", "tues", "martes", "mardi"]),
    (Weekday::Wed, &["wednesday", "wed", "weds", "miércoles", "miercoles", "mié", "mie", "mercredi", "mer"]),
    (Weekday::Thu, &["thursday", "thu", "thur", "thurs", "jueves", "jue", "jeudi", "jeu"]),
    (Weekday::Fri, &["friday", "fri", "viernes", "vie", "vendredi", "ven"]),
    (Weekday::Sat, &["saturday", "sat", "sábado", "sabado", "sáb", "sab", "samedi", "sam"]),
    (Weekday::Sun, &["sunday", "sun", "domingo", "dom", "dimanche", "dim"]),
];

/// Abbreviations of North American zones, in minutes east of UTC. One that names no season is left out: it would have to
/// be guessed.
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

/// What a small-letter word means.
pub(super) fn read(word: &str) -> Option<DateWord> {
    let simple = match word {
        "mar" => Some(DateWord::MarchOrTuesday),
        "a" | "am" => Some(DateWord::Morning),
        "p" | "pm" => Some(DateWord::Afternoon),
        "noon" | "midday" | "mediodía" | "mediodia" | "midi" => Some(DateWord::Noon),
        "midnight" | "medianoche" | "minuit" => Some(DateWord::Midnight),
        "z" | "utc" | "gmt" => Some(DateWord::Utc),
        "t" | "at" | "on" | "de" | "del" | "of" | "the" | "las" | "la" | "los" | "el" | "st" | "nd" | "rd" | "th"
        | "hrs" | "hs" | "hr" | "à" | "le" | "o" | "er" => Some(DateWord::Filler),
        "to" | "until" | "till" | "hasta" | "thru" | "through" => Some(DateWord::Until),
        "h" => Some(DateWord::Hours),
        _ => None,
    };
    let month = || MONTHS.iter().find(|(_, words)| words.contains(&word)).map(|(month, _)| DateWord::Month(*month));
    let day = || DAYS.iter().find(|(_, words)| words.contains(&word)).map(|(day, _)| DateWord::Day(*day));
    let zone = || ZONES.iter().find(|(name, _)| *name == word).map(|(_, minutes)| DateWord::Offset(*minutes));
    simple.or_else(month).or_else(day).or_else(zone)
}
