//! A content hash that is the same in every release of Leadtime and of Rust: SHA-256 (FIPS 180-4).

use ring::digest::{Context, SHA256, digest};

/// The hash of the content, as 64 hexadecimal digits.
pub(crate) fn of(content: impl AsRef<[u8]>) -> String {
    hexadecimal(digest(&SHA256, content.as_ref()).as_ref())
}

/// The hash of content that comes in parts. Where a part ends does not matter.
pub(crate) struct Parts(Context);

impl Parts {
    pub(crate) fn new() -> Parts {
        Parts(Context::new(&SHA256))
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The hash of all parts.
    pub(crate) fn end(self) -> String {
        hexadecimal(self.0.finish().as_ref())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fingerprint_is_a_sha_256_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::of(""), empty);
        assert_ne!(super::of("a"), super::of("b"));
        let mut parts = super::Parts::new();
        parts.add(b"a");
        parts.add(b"b");
        assert_eq!(parts.end(), super::of("ab"));
    }
}
