//! Phone numbers in E.164, masked wherever they are shown.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

use crate::domain::plain_text::fold;
use crate::domain::{phone_cell, refusal};

/// A number in E.164. Displays only its last two digits; [`Phone::dial`] returns the whole number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Accepts text in the shape of E.164: `+`, a digit that is not 0, then 6 to 14 more digits (ITU-T E.164; the
    /// pattern of the Annie API). Does not check whether the number exists.
    pub fn from_e164(text: &str) -> Option<Phone> {
        let digits = text.strip_prefix('+')?;
        let shape =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        shape.then(|| Phone(text.to_owned()))
    }

    /// A number that belongs to no one, for sample appointments.
    pub(crate) fn sample() -> Phone {
        Phone("+13035550199".to_owned())
    }

    /// The whole number, for dialing and for the ledger; never for a log.
    pub fn dial(&self) -> &str {
        &self.0
    }

    /// The number as people in its country write it: `303-555-0100` in North America, libphonenumber's national format
    /// elsewhere.
    pub(crate) fn national(&self) -> String {
        if let Some(national) = self.0.strip_prefix("+1").filter(|n| n.len() == 10) {
            return format!("{}-{}-{}", &national[..3], &national[3..6], &national[6..]);
        }
        match PhoneNumber::parse(&self.0, None) {
            Ok(number) => number.format_as(PhoneNumberFormat::National).into_owned(),
            Err(_) => self.0.clone(),
        }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", &self.0[self.0.len() - 2..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The country whose dialing rules apply to numbers without `+`: an ISO 3166 code that libphonenumber supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl Country {
    /// The United States.
    pub const US: Country = Country(Region::US);

    /// Whether seven digits are a number without its area code in this country: true for the United States and Canada.
    pub(crate) fn is_nanp(&self) -> bool {
        matches!(self.0, Region::US | Region::CA)
    }

    /// The two-letter code.
    pub(crate) fn code(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Country, String> {
        let known = |region: &Region| PHONE_NUMBER_UTIL.get_supported_regions().any(|r| r == *region);
        Region::from_str(text)
            .ok()
            .filter(|region| text.chars().all(|c| c.is_ascii_uppercase()) && known(region))
            .map(Country)
            .ok_or_else(|| format!("`{text}` is not a country code; write two capital letters, such as \"US\""))
    }
}

/// What libphonenumber reads from a phone cell of the appointment book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The number in E.164, if the text can be read as a number at all.
    pub phone: Option<Phone>,
    /// Whether such a number can exist (`isValidNumber`).
    pub valid: bool,
    /// Whether a patient could receive a text at it: not a toll-free, premium-rate or other service number.
    pub textable: bool,
    /// Whether the cell says that the patient wants no texts. `phone` is then the number that this refers to, and it
    /// counts as neither valid nor textable as written.
    pub refusal: bool,
    /// Other numbers that the refusal names: `do not text 303-201-2003 or 303-201-2004`.
    pub also_refused: Vec<Phone>,
}

impl Reading {
    const NONE: Reading =
        Reading { phone: None, valid: false, textable: false, refusal: false, also_refused: Vec::new() };
}

/// Reads a number as written. Never fails: text that is not a number gives a reading without one.
pub fn read(spelling: &str, country: Country) -> Reading {
    // libphonenumber would skip words and read letters as digits. A cell with words is either a refusal or too
    // uncertain to use.
    let digits = spelling.trim().trim_start_matches("tel:");
    match digits.chars().any(char::is_alphabetic) {
        true => read_words(digits, country),
        false => read_digits(digits, country),
    }
}

/// Reads a cell with words: a refusal with the numbers it belongs to, or nothing.
fn read_words(spelling: &str, country: Country) -> Reading {
    let cell = fold(spelling);
    let valid = |piece: &str| Some(read_digits(piece, country)).filter(|reading| reading.valid);
    let mut numbers = phone_cell::numbers(&cell, &valid);
    if numbers.is_empty() {
        let doubtful = phone_cell::doubtful(&cell);
        numbers.extend(doubtful.map(|range| (range.clone(), read_digits(&cell[range], country))));
    }
    let places: Vec<_> = numbers.iter().map(|(range, _)| range.clone()).collect();
    let Some(refused) = refusal::refused(&cell, &places) else { return Reading::NONE };
    let mut of: Vec<Reading> = Vec::new();
    for place in refused {
        let reading = &numbers[place].1;
        if reading.phone.is_some() && of.iter().all(|known| known.phone != reading.phone) {
            of.push(reading.clone());
        }
    }
    let mut of = of.into_iter();
    let first = of.next().unwrap_or(Reading::NONE);
    Reading { valid: false, refusal: true, also_refused: of.filter_map(|reading| reading.phone).collect(), ..first }
}

/// Reads a cell without words.
fn read_digits(spelling: &str, country: Country) -> Reading {
    let Ok(number) = PhoneNumber::parse(spelling, Some(country.0)) else { return Reading::NONE };
    // An extension cannot be texted.
    if number.extension.is_some() || has_two_prefixes(spelling, &number) {
        return Reading::NONE;
    }
    let number = without_old_mexican_prefix(&number).unwrap_or(number);
    match Phone::from_e164(&number.format_as(PhoneNumberFormat::E164)) {
        Some(phone) => Reading {
            phone: Some(phone),
            valid: number.is_valid(),
            textable: is_a_persons(number.get_type()),
            ..Reading::NONE
        },
        None => Reading::NONE,
    }
}

/// The mobile number in a cell with several numbers, `07400 123413 / 0113 496 0113`, if all others are landlines. North
/// American numbers do not show which they are.
pub(crate) fn only_mobile(cell: &str, country: Country) -> Option<&str> {
    let kind = |piece: &&str| -> Option<PhoneNumberType> {
        let number = PhoneNumber::parse(piece, Some(country.0)).ok().filter(PhoneNumber::is_valid)?;
        number.extension.is_none().then(|| number.get_type())
    };
    // A longer cell is no list of numbers.
    const LONGEST: usize = 100;
    const BETWEEN: [char; 5] = ['/', ';', ',', '|', '\n'];
    if cell.len() > LONGEST || !cell.contains(BETWEEN) {
        return None;
    }
    let pieces: Vec<&str> = cell.split(BETWEEN).map(str::trim).filter(|p| !p.is_empty()).collect();
    let (mobiles, others): (Vec<_>, Vec<_>) =
        pieces.iter().map(|piece| (kind(piece), *piece)).partition(|(kind, _)| *kind == Some(PhoneNumberType::Mobile));
    let [(_, mobile)] = mobiles.as_slice() else { return None };
    let landlines = others.iter().all(|(kind, _)| *kind == Some(PhoneNumberType::FixedLine));
    (landlines && !others.is_empty()).then_some(*mobile)
}

/// The country calling code of North America, which is also the prefix for its national numbers.
const NORTH_AMERICA: i32 = 1;

/// Whether a North American number has two leading 1s, as in `1-1-303-201-1001`. libphonenumber drops both. But a
/// number with one digit too many may just as well have a wrong digit, and would then reach someone else.
fn has_two_prefixes(spelling: &str, number: &PhoneNumber) -> bool {
    let digits = spelling.chars().filter(|c| c.is_numeric()).count();
    let national = number.national_number.to_string().len();
    let from_abroad = spelling.trim_start_matches(|c: char| !c.is_numeric() && c != '+').starts_with("011");
    let prefixes = if from_abroad { 4 } else { 1 };
    number.country_code == NORTH_AMERICA && national == 10 && digits > national + prefixes
}

/// A Mexican number as it has been dialed since August 3, 2019, when the mobile prefixes were abolished: `1` after
/// `+52`, and `044`, `045` and `01` within Mexico (IFT, Plan Técnico Fundamental de Numeración; old address books still
/// have them). National numbers have ten digits, and none starts with 0 or 1.
fn without_old_mexican_prefix(number: &PhoneNumber) -> Option<PhoneNumber> {
    const MEXICO: i32 = 52;
    if number.country_code != MEXICO || number.is_valid() {
        return None;
    }
    let e164 = number.format_as(PhoneNumberFormat::E164);
    let national = e164.strip_prefix("+52")?;
    let rest = ["044", "045", "01", "44", "45", "1"].iter().find_map(|prefix| {
        national.strip_prefix(prefix).filter(|rest| rest.len() == 10 && !rest.starts_with(['0', '1']))
    })?;
    PhoneNumber::parse(format!("+52{rest}"), None).ok().filter(PhoneNumber::is_valid)
}

fn is_a_persons(kind: PhoneNumberType) -> bool {
    use PhoneNumberType::{PremiumRate, SharedCost, TollFree, UAN, VoiceMail};
    !matches!(kind, PremiumRate | SharedCost | TollFree | UAN | VoiceMail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells that could be read either way, and how they are read: ARCHITECTURE.md, "Phone cells".
    #[test]
    fn ambiguous_cells_are_read_as_documented() {
        let textable = |cell: &str| {
            let reading = read(cell, Country::US);
            reading.phone.filter(|_| reading.valid && reading.textable && !reading.refusal).map(|p| p.dial().to_owned())
        };
        for cell in [
            "303\u{a0}555\u{a0}0123",
            "303\u{2011}555\u{2011}0123",
            "[303] 555-0123",
            "tel:+1-303-555-0123",
            "303-555-0123.",
            "++13035550123",
            "011 1 303 555 0123",
            "\u{202a}(303) 555-0123\u{202c}",
            "'3035550123",
            "=\"3035550123\"",
            "303--555--0123",
        ] {
            assert_eq!(textable(cell).as_deref(), Some("+13035550123"), "{cell}");
        }
        for cell in [
            "303-555-0123 x12",
            "(303) 555-0123 ext. 4",
            "303-555-0123,,4", // an extension
            "cell 303-555-0123",
            "416-967-1111 (cell)",
            "212-736-5000 mom", // words with uncertain meaning
            "303-555-0123 / 720-555-0142",
            "303-555-0123 or 720-555-0142", // two numbers
            "1-800-FLOWERS",
            "800-555-1212",
            "900-234-5678", // not a personal phone
            "3.035550123E9",
            "2127365000.0",
            "555-0123",
            "",
            "--",
        ] {
            assert_eq!(textable(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_phone_displays_only_two_digits() {
        let phone = Phone::from_e164("+13035550142").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "…42 …42");
        assert_eq!(phone.dial(), "+13035550142");
    }

    #[test]
    fn text_not_in_e164_is_rejected() {
        for bad in ["", "+", "13035550142", "+03035550142", "+130355", "+1303555014212345", "+1303555014x", "+١٢٣٤٥٦٧٨"]
        {
            assert_eq!(Phone::from_e164(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_read_as_written() {
        let read_us = |s: &str| {
            let r = read(s, Country::US);
            (r.phone.map(|p| p.dial().to_owned()), r.valid)
        };
        assert_eq!(read_us("303-555-0142"), (Some("+13035550142".into()), true));
        assert_eq!(read_us(" (303) 555 0142 "), (Some("+13035550142".into()), true));
        assert_eq!(read_us("+15559876543"), (Some("+15559876543".into()), false), "555 is not an area code");
        assert_eq!(read_us("none"), (None, false));
        assert_eq!(read_us(""), (None, false));
        assert_eq!(read_us("303-555-0142 x251"), (None, false));
    }

    #[test]
    fn a_cell_with_a_refusal_is_not_textable() {
        for cell in [
            "do not text 303-555-0142",
            "303-555-0142 NO TEXTS",
            "(303) 555-0142 - don\u{2019}t text!",
            "303 555 0142 (call only)",
        ] {
            let reading = read(cell, Country::US);
            let number = reading.phone.as_ref().map(|phone| phone.dial().to_owned());
            assert_eq!(
                (number.as_deref(), reading.valid, reading.refusal),
                (Some("+13035550142"), false, true),
                "{cell}"
            );
        }
        let wordless = read("do not text", Country::US);
        assert_eq!((wordless.phone, wordless.refusal), (None, true));
        for cell in ["wife's cell 303-555-0142", "home 303-555-0142", "303-555-0142 ext 5", "303-555-0142"] {
            assert!(!read(cell, Country::US).refusal, "{cell}");
        }
    }

    #[test]
    fn only_country_codes_in_capitals_are_accepted() {
        assert_eq!("US".parse(), Ok(Country::US));
        assert_eq!("CA".parse::<Country>().unwrap().code(), "CA");
        for bad in ["us", "U", "XX", "USA", "001", ""] {
            assert!(bad.parse::<Country>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_shown_in_national_format() {
        assert_eq!(Phone::from_e164("+13035550100").unwrap().national(), "303-555-0100");
        assert_eq!(Phone::from_e164("+33142278186").unwrap().national(), "01 42 27 81 86");
    }

    /// Cells separated by bars. `@` is 303-201-2001, and `@@` is 720-555-0142.
    fn cells(table: &str) -> impl Iterator<Item = String> {
        let cell = |cell: &str| {
            cell.trim_start_matches("\n            ").replace("@@", "720-555-0142").replace('@', "303-201-2001")
        };
        table.split('|').map(cell)
    }

    /// Checks that each cell refuses texts for these numbers and is not textable itself.
    fn refuse(table: &str, want: &[&str]) {
        for cell in cells(table) {
            let Reading { phone, valid, refusal, also_refused, .. } = read(&cell, Country::US);
            let numbers: Vec<&str> = phone.iter().chain(&also_refused).map(Phone::dial).collect();
            assert_eq!((refusal, valid, &numbers[..]), (true, false, want), "{cell}");
        }
    }

    /// With typos, punctuation, case and blanks.
    #[test]
    fn refusals_in_english_are_recognized() {
        refuse(
            "stop @|DNT @|@ don`t text|@ do  not  text|@ NO-TEXT|@ notext|@ refuses texts|
            @ D.N.T.|@ D/N/T|@ d n t|@ DO-NOT-TEXT|@ DO_NOT_TEXT|@ do not txt|@ dont txt|@ don't txt!!|@ don´t text|
            @ don t text|@ do n't text|@ d'ont text|@ do'nt text|@ dotn text|@ do nto text|@ do not tetx|
            @ do not txet|@ do not tezt|@ no txts pls|@ NO TXT MSG|@ no text msgs|@ no text messages please|
            @ does not want texts|@ pt doesn't want text messages|@ doesnt text|@ does not accept texts|
            @ cannot receive texts|@ can't text|@ landline no text|@ landline, cannot text|@ declines text msgs|
            @ text declined|@ texts: no|@ text - no|@ Text? No|@ SMS: N|@ texts not ok|@ texts are not allowed|
            @ not ok to text|@ no permission to text|@ no consent to text|@ not consented to texts|
            @ does not consent|@ text consent: no|@ never text|@ please never text!|@ no more texts|@ stop texting|
            @ stop sending texts|@ STOPALL|@ unsubscribe|@ unsuscribe|@ opted out|@ OPTOUT|@ opt out of texts|
            @ revoked consent|@ consent revoked|@ call only|@ calls only|@ CALL ONLY - no text|@ phone calls only|
            @ voice only|@ voice calls only|@ please call only|@ only call|@ call, don't text|@ call not text|
            @ call instead of text|@ call rather than text|@ do not call or text|@ no calls or texts|
            @ no calls/texts|@ no call/text|@ no calls no texts|@ no calls, no texts|@ do not call, text or email|
            @ do not call|@ DNC|@ no calls|@ no contact|@ do not contact|@ no emails or texts|
            @ no voicemail or text|@ without texts|@ w/o text|@ avoid texting|@ hates texts|@ not textable|
            @ no texting|@ nosms|@ no-sms|@ donottext|@ DONTTEXT|@ dntext|@ never opted in|@ not opted in|
            @ opt in: no|@ no automated texts|@ no reminder texts|@ no appt texts|@ no reminders|
            @ do not send any more text messages|@ do not ever text this number|text: NO @|no message @|
            no messages @|do not message @|dont message @|@ no mesage|@ text not wanted|@ no wants text|
            @ no text wanted|@ no texts/emails|@ no email/text|@ has not consented|@ pt refuses text/email|
            @ ***DO NOT TEXT***|@ \"no text\"|@ <no text>|@ NO  SMS!!!|@ - NO TEXT -|@ -NO TEXT|*no text* @|
            @/no text|@,no text|@;no text|@.no text|@(no text)|(no text)@|@ no text,no email|
            @ no txt/email, call only|@ no e-mail or text|@ no SMS/MMS|@ no texting please, call|
            @ Pt. does not text|@ pt not texting|@ is not a texter|@ no cell, no text|@ doesn't have texting|
            @ doesn't use text|@ phone can't receive text|@ flip phone no text|@ (H) no text|@ (h) DNT|
            @ cell no text|cell @ no text|home: @ NO TEXTS|@ ok to call, no text|@ call ok, do not text|
            @ call ok no texts|@ ok to leave vm, no text|@ LVM ok no text|@ text refused|@ refused text|
            @ refuses all text messages|@ declines to be texted|@ does not wish to be texted|
            @ asked not to be texted|@ asked us to stop texting|@ asked us not to text|@ requested no texts|
            @ requests no text|@ wants no texts|@ prefers no texts|@ prefers not to text|@ said no to texts|
            @ no to texting|@ says no texts|@ said stop|@ texted STOP|@ opted out of text messages|@ opt-out of SMS|
            @ text opt out|@ texts opt-out|@ opt  out|@ opt_out|@ SMS OFF|@ texts off|@ turn off texts|
            @ text: never|@ don?t text|@ don't send texts|@ do not send SMS|@ don't send her texts|@ don't text him|
            @ dont ever txt|@ no text on weekends|@ do not txt msg|@ NOTEXTS|@ NO.TEXT|@ NO/TEXT|@ no text/no call|
            @ text?no|@ Text?N|@ texts=no|@ no text?|@ \"do not text\"/\"call only\"",
            &["+13032012001"],
        );
    }

    /// With and without accents.
    #[test]
    fn refusals_in_spanish_are_recognized() {
        refuse(
            "@ no mensajes|@ no llamar|@ no textos|@ no enviar mensajes|@ no mandar textos|@ no mande mensajes de texto|
            @ no le envíen mensajes|@ no quiere mensajes|@ no quiere recibir textos|@ no desea recibir SMS|
            @ NO MENSAJES DE TEXTO|@ no msjs|@ no textear|@ nunca textear|@ sin mensajes|@ sin sms|
            @ rechaza mensajes|@ solo llamadas|@ sólo llamar|@ llamadas solamente|@ únicamente llamadas|
            @ mensajes no|@ textos no, gracias|@ no llamar ni textear|@ no llame ni mande mensajes|@ no contactar|
            @ dejar de enviar mensajes|@ no mas mensajes|@ no más textos|@ no mesajes|@ no mensages|@ nomensajes|
            @ no escribir|@ por favor no mandar mensajes|@ baja",
            &["+13032012001"],
        );
    }

    /// With and without accents.
    #[test]
    fn refusals_in_french_are_recognized() {
        refuse(
            "@ pas de SMS|@ pas de texto|@ pas de textos svp|@ ne pas texter|@ ne pas envoyer de textos|
            @ n'envoyez pas de textos|@ n\u{2019}envoyez pas de SMS|@ pas d'SMS|@ pas de messages|
            @ ne veut pas de textos|@ ne souhaite pas recevoir de SMS|@ refuse les SMS|@ refuse les textos|
            @ aucun SMS|@ aucun texto|@ sans SMS|@ SMS non|@ jamais de textos|@ plus de textos|@ ne plus texter|
            @ appels seulement|@ appeler seulement|@ appels uniquement|@ ne pas appeler|@ ne pas contacter|
            @ désabonné|@ arrêt|@ arrêtez les SMS|@ poste 12 pas de sms",
            &["+13032012001"],
        );
    }

    /// Dates, times, extensions, and counts.
    #[test]
    fn other_digits_near_a_refusal_are_not_part_of_its_number() {
        refuse(
            "(303) 201-2001 no texts after 8pm|@ do not text (asked 3/12/26)|@ call only before 5|
            no text per pt 11/26 @|@ x5 no text|1 no text @|@ opt-out 2025|@ declined texts 1/5/2026|
            @ unsubscribed 3/1|@ opted-out 3/12|@ do not contact before 9|@ N0 TEXT|NO TEXT!! @ (asked 12:30 3/4)|
            no text 2025-03-12 @|2/12/2026 @ no text|@ ext. 12 no text|@ #12 DNT|@ no text since 12.03.2026|
            no text (303)201-2001|no text 3032012001|no text 1-303-201-2001|no text +1 303 201 2001|
            no text 303 201 2001 x 44|303.201.2001 no text 8-5|303/201-2001 no text 24/7|3032012001notext|
            notext3032012001|5 @ no text|303-201-2001 5 no text|@ replied STOP 3/12|@ SMS opted out 3/12/2026|
            @ no text b4 9|@ no texts before 9am|@ no texts 8pm-8am|@ no txt after 5:30pm|@ no texts 12/24-12/26|
            @ no text (per mom 3-12-26)|@ no text - per wife 3.12.2026|@ no text per JS 03/12|@ DNT 2x asked|
            @ no text #2|303 201 2001 no text|3 0 3 2 0 1 2 0 0 1 no text|1.303.201.2001 no text|
            +1(303)201-2001 no text|no text after 6 @|no text b4 10 3032012001|dob 1/2/1980 @ no text|
            3/12 9:30 @ no text|zip 80202 @ no text|(2) @ no text|1) @ no text|no text since 2025 @|no text 2025 @|
            no text 2025: 303.201.2001|303-201-2001x5 no text|303-201-2001ext5 DNT|@ p12 no text|@*9 no text|
            @,,4 no text|@ tel no text|TEL: @ NO TEXT|tel:@ no text|@ no text @",
            &["+13032012001"],
        );
    }

    /// The refusal belongs to the number next to it: ARCHITECTURE.md, "Phone cells".
    #[test]
    fn a_refusal_next_to_two_numbers_applies_to_the_closer_one() {
        refuse(
            "do not text @; use @@|@ no sms @@|use @@, do not text @|@@ ok, no text @|@ no text, @@ ok|
            @ no text / @@|@ (no text) @@|@ DNT; @@|text @@ do not text @|no text home @, cell @@ ok",
            &["+13032012001"],
        );
        refuse("@ / no text @@|@; do not text @@|C @ H @@ no text", &["+17205550142"]);
        refuse("do not text @ or @@|@ and @@ no texts|@ DNT; @@ DNT", &["+13032012001", "+17205550142"]);
        refuse("do not text|DNT x5|no text 12/3", &[]);
    }

    /// Cells with no refusal and no number that is certain enough to use.
    #[test]
    fn other_notes_are_not_read_as_a_refusal_of_texts() {
        let table = "@ (text ok, do not call)|@ landline|@ text ok|@ ok to text|@ OK TO TEXT no calls|@ text only|
            @ texts only, no calls|@ text only no voicemail|@ prefers text|@ prefers texts, don't call|@ no answer|
            @ no answer text ok|@ no voicemail|@ no vm|@ no vm, text|@ do not leave message|
            @ do not leave a message|@ no voice messages|@ don't call, text|@ do not call, text instead|
            @ do not call text only|@ no calls, text ok|@ no calls/text ok|@ text, no calls|@ text instead of calls|
            @ texts fine, no call at work|@ call or text|@ call/text ok|@ call or text only|@ can text|
            @ text anytime|@ text wife|@ home|@ work, no email|@ no email|@ email only if text fails|@ no test|
            @ no tests|@ next of kin|@ no next of kin|@ no massage|@ no ext|@ no problem texting|
            @ no problem to text|@ doesn't mind texts|@ don't forget to text|@ didn't get text 3/12|
            @ no text received|@ did not receive text|@ text not received|@ opted in|@ not opted out|@ opt out: no|
            @ opt-in|@ no call no show|@ no call back|@ wrong number|@ not in service|@ do not use|@ declined|
            @ Don text ok|@ bus stop|@ will stop by|@ unable to contact|@ no contact info|@ texto ok|@ mensajes ok|
            @ solo mensajes|@ solo texto, no llamar|@ no llamar, mandar texto|@ sms seulement|
            @ textos ok, pas d'appels|@ préfère les textos|@ casa|@ mom|@ text|@ no|@ yes text|@ nothing|@ notes|
            @ if no answer, text|@ no longer works there|@ new number, not confirmed|@ no insurance|@ Nott|@ Sexton|
            @ text if no answer|@ text, not voicemail|@ text not call|@ text only, not calls|
            @ texts ok but no calls|@ ok text no call|@ no calls please text|@ don't call please text|
            @ never calls, text her|@ not a landline, ok to text|@ no landline|@ no longer valid|
            @ not available after 5|@ no, text ok|@ text msg ok|@ ok for text msgs|@ prefers SMS|
            @ SMS ok no voicemail|@ ok to text, do not leave voicemail|@ ok to text no detailed message|
            @ text reminders ok|@ reminders by text|@ do not leave msg|@ no msg left|@ no left msg|@ LM no answer|
            @ no answer, left message|@ no hay respuesta|@ no contesta|@ no dejar mensajes|@ no deje mensaje de voz|
            @ prefiere texto|@ ok textos|@ si mensajes|@ pas de réponse|@ ne répond pas|@ pas de messagerie|
            @ pas de message vocal|@ ne pas laisser de message|@ texto seulement|@ préfère sms|@ no text reply yet|
            @ never replied to text|@ not home, text cell|@ no show 3/12|@ not primary|@ notary office|
            @ Dr. Stopper|@ no ins. text ok|@ no. changed, text ok|@ end of day|@ cancel appt|@ call after 5|
            @ call first|@ prefers calls|@ cell only|@ mobile only|@ Spanish only|@ only number|@ text Spanish only|
            @ not yet opted in? text ok|@ text?yes|@ no voicemail, will text|@ no VM will text|@ no one home, will text later";
        for cell in cells(table) {
            assert_eq!(read(&cell, Country::US), Reading::NONE, "{cell}");
        }
    }

    /// Numbers that do not exist according to libphonenumber, and foreign numbers.
    #[test]
    fn a_refusal_applies_to_invalid_and_foreign_numbers_too() {
        refuse("no text +1 555 987 6543", &["+15559876543"]);
        refuse("no text 201-2001", &["+12012001"]);
        refuse("+52 1 55 1234 5678 no mensajes", &["+525512345678"]);
        refuse("no text 011 44 207 946 0018|+44 207 946 0018 DNT", &["+442079460018"]);
        let french = read("12/03/2026 06 12 34 56 78 pas de SMS", "FR".parse().unwrap());
        assert_eq!((french.refusal, french.phone), (true, Phone::from_e164("+33612345678")));
    }

    #[test]
    fn the_only_mobile_number_of_a_cell_is_found_where_numbers_show_it() {
        let gb: Country = "GB".parse().unwrap();
        for (cell, want) in [
            ("07400 123413 / 0113 496 0113", Some("07400 123413")),
            ("0113 496 0113; 07400 123413", Some("07400 123413")),
            ("07400 123413 / 07400 123414", None),
            ("0113 496 0113 / 0113 496 0114", None),
            ("07400 123413", None),
            ("07400 123413 / 12", None),
        ] {
            assert_eq!(only_mobile(cell, gb), want, "{cell}");
        }
        assert_eq!(only_mobile("303-555-0123 / 720-555-0142", Country::US), None);
    }

    /// Mexican mobile numbers had a 1 after +52 until August 2019.
    #[test]
    fn the_old_mexican_mobile_prefix_is_dropped() {
        let number = |cell: &str, country: &str| {
            let reading = read(cell, country.parse().unwrap());
            reading.phone.filter(|_| reading.valid && reading.textable).map(|phone| phone.dial().to_owned())
        };
        for cell in [
            "+52 1 55 1234 5678",
            "+52 55 1234 5678",
            "011 52 1 55 1234 5678",
            "011-52-55-1234-5678",
            "+521 55 1234 5678",
            "+5215512345678",
            "+52 (1) 55 1234-5678",
            "tel:+52-1-55-1234-5678",
            "+52 044 55 1234 5678",
        ] {
            assert_eq!(number(cell, "US").as_deref(), Some("+525512345678"), "{cell}");
        }
        for cell in ["55 1234 5678", "1 55 1234 5678", "044 55 1234 5678", "045 55 1234 5678", "52 1 55 1234 5678"] {
            assert_eq!(number(cell, "MX").as_deref(), Some("+525512345678"), "{cell}");
        }
        for cell in ["52 1 55 1234 5678", "+52 1 55 1234 567", "+52 1 55 1234 56789", "+52 1 1 55 1234 5678"] {
            assert_eq!(number(cell, "US"), None, "{cell}");
        }
    }

    /// Other shapes, and how they are read.
    #[test]
    fn numbers_in_various_formats_are_read() {
        let number = |cell: &str| {
            let reading = read(cell, Country::US);
            reading.phone.filter(|_| reading.valid && reading.textable).map(|phone| phone.dial().to_owned())
        };
        for (cell, want) in [
            ("1 (303) 201-1001", "+13032011001"),
            ("+1 303 201 1001", "+13032011001"),
            ("13032011001", "+13032011001"),
            ("303 201 1001 .", "+13032011001"),
            ("+54 9 11 2345 6789", "+5491123456789"),
            ("+54 11 2345 6789", "+541123456789"),
            ("+55 11 91234 5678", "+5511912345678"),
            ("+44 20 7946 0018", "+442079460018"),
            ("+44 7911 123456", "+447911123456"),
        ] {
            assert_eq!(number(cell).as_deref(), Some(want), "{cell}");
        }
        let none = "303-201-1001 / 303-201-1002|303-201-1001, 303-201-1002|303-201-1001;303-201-1002|303-201-1001/1002|
            3032011001;ext=5|303.201.1001#12|303-201-1001 p12|303-201-1001*9|303-201-1001 (5)|303-201-1001,5|
            (303) 201-10O1|3O3-2O1-1OO1|303-201-1001 text|1-1-303-201-1001|11 303 201 1001|113032011001|
            +1 1 303 201 1001|011 1 1 303 201 1001|+1+3032011001|001 303 201 1001|00 1 303 201 1001|０３０３-201-1001";
        for cell in cells(none) {
            assert_eq!(number(&cell), None, "{cell}");
        }
    }
}
