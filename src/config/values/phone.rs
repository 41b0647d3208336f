//! Phone numbers in the configuration: in E.164, or as the practice writes its own.

use crate::domain::phone::{self, Country, Phone};

/// A number in international form, whether or not such a number exists.
pub(crate) fn e164(number: &str) -> Result<Phone, String> {
    Phone::from_e164(number)
        .ok_or_else(|| "this is not a phone number in international form; write it like \"+13035550123\"".to_owned())
}

/// An office line, in any format.
pub(crate) fn phone_number(number: &str, country: Country) -> Result<Phone, String> {
    let unreadable = || format!("`{number}` is not a phone number; write your office line, such as \"+13035550100\"");
    // A text may be read anywhere, and elsewhere a number without its area code reaches someone else.
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits == 7 && country.is_nanp() {
        return Err(format!("`{number}` has no area code; write the full number, such as \"+13035550100\""));
    }
    phone::read(number, country).phone.ok_or_else(unreadable)
}
