//! Any bytes as a path, a form and a cookie of the front desk's page: they are read or refused, and an id in a path
//! comes back as it was.

#![no_main]

use leadtime::desk::reading::{Form, cookie_of, segment, values_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let form = Form::read(bytes);
    let _ = (form.get("token"), form.filled("reason"));
    let text = String::from_utf8_lossy(bytes);
    for pattern in ["/", "/appointments/{}/call", "/tasks/{}", "/{}/{}"] {
        let _ = values_of(pattern, &text);
    }
    if let Some(value) = cookie_of(&text, "leadtime") {
        assert!(!value.contains(';'));
    }
    if !text.is_empty() {
        let path = format!("/appointments/{}/call", segment(&text));
        assert_eq!(values_of("/appointments/{}/call", &path), Some(vec![text.into_owned()]));
    }
});
