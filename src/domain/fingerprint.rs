//! A content hash that is the same in every release of Leadtime and of Rust: SHA-256 (FIPS 180-4).

use ring::digest::{SHA256, digest};

/// The hash of the content, as 64 hexadecimal digits.
pub(crate) fn of(content: impl AsRef<[u8]>) -> String {
    digest(&SHA256, content.as_ref()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fingerprint_is_a_sha_256_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::of(""), empty);
        assert_ne!(super::of("a"), super::of("b"));
    }
}
