//! The HTTP client against listeners that misbehave: what is surely not sent, and what may have been.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use leadtime::annie::client::HttpAnnie;
use leadtime::annie::wire::SmsRequest;
use leadtime::domain::outcome::{NotSent, Outcome};

/// Sends one text to a listener that does this with the connection.
fn send_to(base_url: Option<String>, misbehave: fn(TcpStream)) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = base_url.unwrap_or_else(|| format!("http://{}", listener.local_addr().unwrap()));
    let server = std::thread::spawn(move || {
        listener.set_nonblocking(false).unwrap();
        if let Ok((stream, _)) = listener.accept() {
            misbehave(stream);
        }
    });
    let annie = HttpAnnie::new(&address, "key".into(), Duration::from_millis(600)).unwrap();
    let request = SmsRequest {
        from_number: "+13035550199".into(),
        to_number: "+13035550101".into(),
        message: "Hi".into(),
        patient_info: None,
        appointment_info: None,
        context: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(annie.send(&request, || "2026-11-24T17:00:00Z".parse().unwrap(), || true)).answer;
    drop(server);
    outcome
}

fn read_all(stream: &mut TcpStream) {
    let mut text = Vec::new();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&text).contains("\"Hi\"") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0);
        text.extend_from_slice(&buffer[..read]);
    }
}

fn answer(mut stream: TcpStream, text: &str) {
    read_all(&mut stream);
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn what_may_have_been_received_is_unknown() {
    let cases: [(&str, fn(TcpStream)); 9] = [
        ("accepts and closes", drop),
        ("reads and closes", |mut s| read_all(&mut s)),
        ("never answers", |s| {
            let mut s = s;
            read_all(&mut s);
            let _ = s.read(&mut [0; 1]);
        }),
        ("half a header", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-le")),
        ("no HTTP", |s| answer(s, "220 mail.example.com ESMTP\r\n\r\n")),
        ("half a body", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":tr")),
        ("no JSON", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK")),
        ("a gateway's 502", |s| answer(s, "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")),
        ("a conflict", |s| answer(s, "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n")),
    ];
    for (name, misbehave) in cases {
        let outcome = send_to(None, misbehave);
        assert_eq!(outcome.name(), "unknown", "{name}: {outcome:?}");
        assert!(!outcome.detail().contains("127.0.0.1"), "no address in {}", outcome.detail());
    }
}

#[test]
fn what_never_left_is_not_sent() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (name, address) in
        [("refused", format!("http://{nobody}")), ("no such name", "https://annie.invalid".to_owned())]
    {
        let outcome = send_to(Some(address), drop);
        assert!(matches!(outcome, Outcome::NotSent(NotSent::Unreachable { .. })), "{name}: {outcome:?}");
    }
    // TLS to a port that speaks plain HTTP.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", plain.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let outcome = send_to(Some(address), drop);
    assert!(matches!(outcome, Outcome::NotSent(NotSent::Unreachable { .. })), "{outcome:?}");
    server.join().unwrap();
}

#[test]
fn redirects_are_not_followed_and_statuses_decide() {
    let redirect = send_to(None, |s| {
        answer(s, "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
    });
    assert_eq!(redirect, Outcome::NotSent(NotSent::Refused { status: 307 }));
    let rejected = send_to(None, |s| answer(s, "HTTP/1.1 422 Unprocessable\r\ncontent-length: 0\r\n\r\n"));
    assert_eq!(rejected, Outcome::Rejected { status: 422 });
    let limited =
        send_to(None, |s| answer(s, "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"));
    assert_eq!(limited, Outcome::NotSent(NotSent::RateLimited { until: "2026-11-24T17:00:07Z".parse().unwrap() }));
}

/// The moment a claim was right for may pass while the connection is made: then not a byte leaves.
#[test]
fn a_claim_let_go_at_the_last_moment_sends_not_a_byte() {
    for still_good in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut heard = vec![0; 4096];
            let mut length = 0;
            while !heard[..length].ends_with(b"}") {
                match stream.read(&mut heard[length..]).unwrap_or(0) {
                    0 => break,
                    read => length += read,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
            String::from_utf8_lossy(&heard[..length]).into_owned()
        });
        let annie = HttpAnnie::new(&base_url, "key".into(), Duration::from_secs(10)).unwrap();
        let request = SmsRequest {
            from_number: "+13035550199".into(),
            to_number: "+13035550101".into(),
            message: "Hi".into(),
            patient_info: None,
            appointment_info: None,
            context: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let now = || "2026-11-24T17:00:00Z".parse().unwrap();
        let outcome = runtime.block_on(annie.send(&request, now, move || still_good)).answer;
        let heard = server.join().unwrap();
        if still_good {
            assert_eq!(outcome.name(), "unknown", "500");
            assert!(heard.to_lowercase().contains("content-length: ") && heard.contains("\"Hi\""), "{heard}");
        } else {
            assert_eq!((outcome, heard.as_str()), (Outcome::NotSent(NotSent::TooOld), ""));
        }
    }
}
