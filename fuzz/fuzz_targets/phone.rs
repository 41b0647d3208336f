//! Any text is a phone number or none: a valid one is E.164 and is unchanged when read again.

#![no_main]

use leadtime::domain::phone::{Country, Phone, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for code in ["US", "CA", "GB", "MX", "DE"] {
        let country: Country = code.parse().expect("a country");
        let reading = read(text, country);
        assert!(!reading.valid || reading.phone.is_some());
        assert!(!reading.refusal || !reading.valid, "a number with a refusal is not valid for texting");
        let Some(phone) = reading.phone.filter(|_| reading.valid) else { continue };
        assert_eq!(Phone::from_e164(phone.dial()).as_ref(), Some(&phone));
        let again = read(phone.dial(), country);
        assert!(again.valid && again.phone.as_ref() == Some(&phone), "{} is read as another number", phone.dial());
    }
});
