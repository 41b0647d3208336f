//! TLS failures: an untrusted certificate, a wrong host name, a server that demands a client certificate or disconnects
//! early.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

/// Where the child process sends its text. It needs a process of its own because trusted certificates are read from the
/// environment only once.
const URL: &str = "LEADTIME_TEST_TLS_URL";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A server with a certificate for `name`. With `asks` it demands a client certificate.
    fn server(&self, name: &str, version: &'static SupportedProtocolVersion, asks: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version]).unwrap();
        let builder = match asks {
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(self.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
            false => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

/// Accepts one connection, completes the handshake, and then answers the request or disconnects.
fn serve(listener: &TcpListener, config: Arc<ServerConfig>, answers: bool) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut tls = ServerConnection::new(config).unwrap();
    while tls.is_handshaking() {
        if tls.complete_io(&mut stream).is_err() {
            let _ = tls.write_tls(&mut stream);
            return;
        }
    }
    if answers {
        let mut both = rustls::Stream::new(&mut tls, &mut stream);
        let (mut heard, mut buffer) = (Vec::new(), [0; 1024]);
        while !String::from_utf8_lossy(&heard).contains("\"Hi\"") {
            let read = both.read(&mut buffer).unwrap();
            heard.extend_from_slice(&buffer[..read]);
        }
        let body = r#"{"success":true,"data":{"conversationId":"3c90c3cc"}}"#;
        write!(both, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    tls.send_close_notify();
    let _ = tls.write_tls(&mut stream);
    close(stream);
}

fn close(stream: TcpStream) {
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_failed_tls_handshake_shows_whether_the_text_may_have_been_sent() {
    use rustls::version::{TLS12, TLS13};
    let (authority, stranger) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, authority.0.pem()).unwrap();
    let cases = [
        ("everything works", authority.server("localhost", &TLS13, false), true, "sent"),
        ("the certificate is not trusted", stranger.server("localhost", &TLS13, false), true, "not-sent"),
        ("the certificate is for another host", authority.server("annie.example", &TLS13, false), true, "not-sent"),
        (
            "the server demands a client certificate, TLS 1.2",
            authority.server("localhost", &TLS12, true),
            true,
            "not-sent",
        ),
        // With TLS 1.3 the client is finished before the server has checked, so it is uncertain what the server read.
        (
            "the server demands a client certificate, TLS 1.3",
            authority.server("localhost", &TLS13, true),
            true,
            "unknown",
        ),
        ("the server disconnects after the handshake", authority.server("localhost", &TLS13, false), false, "unknown"),
    ];
    for (name, config, answers, expected) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["tls::the_child_sends_one_text", "--exact", "--nocapture"]).env(URL, url);
        let child = child.env("SSL_CERT_FILE", &trusted).env_remove("SSL_CERT_DIR");
        let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        serve(&listener, config, answers);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("outcome: {expected}\n")), "{name}: {said}");
    }
}

/// The test above runs this in a separate process.
#[test]
fn the_child_sends_one_text() {
    let Some(url) = std::env::var_os(URL) else { return };
    let outcome = crate::client::one_text(url.to_str().unwrap(), Duration::from_secs(10), true);
    println!("\noutcome: {}\n{outcome:?}", outcome.name());
}
