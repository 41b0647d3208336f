//! Any digits and signs are a number, or none: a valid one is E.164 and stays what it is when it is read again.

#![no_main]

use leadtime::domain::phone::{Country, Phone, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for code in ["US", "CA", "GB", "MX", "DE"] {
        let country: Country = code.parse().expect("a country");
        let reading = read(text, country);
        assert!(!reading.valid || reading.phone.is_some());
        assert!(!reading.refusal || !reading.valid, "a refusal is no number to text");
        let Some(phone) = reading.phone.filter(|_| reading.valid) else { continue };
        assert_eq!(Phone::from_e164(phone.dial()).as_ref(), Some(&phone));
        let again = read(phone.dial(), country);
        assert!(again.valid && again.phone.as_ref() == Some(&phone), "{} is read as another number", phone.dial());
    }
});
