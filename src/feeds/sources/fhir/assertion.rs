//! The signed request for a token (SMART Backend Services, RFC 7523): a JSON Web Token under ES384 or RS384.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA384, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// How long an assertion is valid: at most five minutes, and clocks differ a little.
const VALID: TimeDelta = TimeDelta::minutes(4);

/// A private key.
pub(super) enum Key {
    /// On the curve P-384.
    Ec(Box<EcdsaKeyPair>),
    /// RSA with 2048 bits or more.
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    /// Reads a key in PEM form, or says why it cannot be used.
    pub(super) fn read(pem: &SecretString) -> Result<Key, String> {
        const MAKE: &str = "make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384`";
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes())
            .map_err(|_| format!("the password file does not contain a private key in PEM form; {MAKE}"))?;
        match &der {
            PrivateKeyDer::Pkcs8(key) => {
                let (key, random) = (key.secret_pkcs8_der(), SystemRandom::new());
                let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, key, &random)
                    .map(|key| Key::Ec(Box::new(key)));
                ec.or_else(|_| RsaKeyPair::from_pkcs8(key).map(|key| Key::Rsa(Box::new(key)))).map_err(|_| {
                    format!("the private key is neither one on the curve P-384 nor RSA with 2048 bits or more; {MAKE}")
                })
            }
            PrivateKeyDer::Pkcs1(key) => match RsaKeyPair::from_der(key.secret_pkcs1_der()) {
                Ok(key) => Ok(Key::Rsa(Box::new(key))),
                Err(_) => Err(format!("the RSA key has fewer than 2048 bits or is damaged; {MAKE}")),
            },
            _ => {
                Err("the private key must be in PKCS #8 form; convert it with `openssl pkcs8 -topk8 -nocrypt`"
                    .to_owned())
            }
        }
    }

    /// A signed statement of who asks for a token at an address.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        key_id: Option<&str>,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<String, String> {
        let algorithm = match self {
            Key::Ec(_) => "ES384",
            Key::Rsa(_) => "RS384",
        };
        let mut header = json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(key_id) = key_id {
            header["kid"] = key_id.into();
        }
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "exp": (now + VALID).timestamp(),
            "iat": now.timestamp(),
            "jti": uuid::Uuid::new_v4().to_string(),
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let random = SystemRandom::new();
        let failed = |_| "the private key cannot sign".to_owned();
        match self {
            Key::Ec(key) => Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA384, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
    use ring::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_assertion_says_who_asks_and_is_signed() {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let key = Key::read(&SecretString::from(pair.serialize_pem())).unwrap_or_else(|why| panic!("{why}"));
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let assertion = key.assertion("leadtime", Some("k1"), "https://h/token", now).unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(read(parts[0]), json!({ "alg": "ES384", "typ": "JWT", "kid": "k1" }));
        let claims = read(parts[1]);
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&"leadtime".into(), &"leadtime".into(), &"https://h/token".into())
        );
        let left = claims["exp"].as_i64().unwrap() - now.timestamp();
        assert!((1..=300).contains(&left), "{left}");
        let public = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, pair.public_key_raw());
        let signed = format!("{}.{}", parts[0], parts[1]);
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
        let again = key.assertion("leadtime", None, "https://h/token", now).unwrap();
        assert_ne!(read(again.split('.').nth(1).unwrap())["jti"], claims["jti"]);
    }

    #[test]
    fn an_unusable_key_is_explained() {
        let small = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
        for (pem, why) in [(small.as_str(), "P-384"), ("secret", "PEM form"), ("", "PEM form")] {
            let found = Key::read(&SecretString::from(pem.to_owned())).err().unwrap_or_default();
            assert!(found.contains(why) && !found.contains("secret"), "{found}");
        }
    }
}
