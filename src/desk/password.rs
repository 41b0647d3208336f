//! Hashes and checks passwords (argon2id, OWASP's parameters: 19 MiB, two passes).

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::{SecureRandom, SystemRandom};

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Random bytes as hexadecimal digits: for tokens.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    // The system's source of random numbers fails only before it is seeded, long before a service starts.
    SystemRandom::new().fill(&mut bytes).unwrap_or_else(|_| panic!("this system has no random numbers"));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of a password, as it is stored.
pub(crate) fn hash(password: &str) -> Result<String, String> {
    let mut salt = [0_u8; 16];
    SystemRandom::new().fill(&mut salt).map_err(|_| "this system has no random numbers".to_owned())?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let hash = argon2().hash_password(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Whether a password belongs to a hash. Without a hash it takes as long, so that nobody learns which users exist.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    // The hash of a random password that nobody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWtub3dzLWl0$Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    argon2().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_belongs_to_a_hash() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("correct horse").unwrap(), "each has its own salt");
        assert!(verify("correct horse", Some(&stored)));
        for (password, hash) in
            [("Correct horse", Some(stored.as_str())), ("", Some(&stored)), ("x", Some("")), ("x", None)]
        {
            assert!(!verify(password, hash), "{password}");
        }
        assert_eq!(random_hex::<32>().len(), 64);
    }
}
