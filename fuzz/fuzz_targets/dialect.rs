//! Any bytes are a file that is read to its end, or an error; the number of rows is limited by the input.

#![no_main]

use leadtime::feeds::formats::delimited::{Options, Reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::open(bytes, &Options::default()) else { return };
    let mut rows = 0;
    while let Ok(Some(_)) = reader.next() {
        rows += 1;
        assert!(rows <= bytes.len() + 1);
    }
});
