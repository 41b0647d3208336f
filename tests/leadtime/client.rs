//! The HTTP client against servers that misbehave: what was certainly not sent, and what may have been.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use leadtime::annie::client::HttpClient;
use leadtime::annie::wire::SmsRequest;
use leadtime::domain::outcome::{NotSent, Outcome};
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{AddressFamily, SocketType};

/// Sends one text to a listener that misbehaves this way. `{}` in `base_url` stands for the listener's address.
fn send_to(base_url: Option<String>, misbehave: fn(TcpStream)) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let address = base_url.unwrap_or_else(|| "http://{}".to_owned()).replace("{}", &address);
    let server = std::thread::spawn(move || {
        listener.set_nonblocking(false).unwrap();
        if let Ok((stream, _)) = listener.accept() {
            misbehave(stream);
        }
    });
    let outcome = one_text(&address, Duration::from_millis(600), true);
    drop(server);
    outcome
}

/// The outcome of one text sent to this address. `still_good` decides, just before the first byte, whether to send.
pub(crate) fn one_text(base_url: &str, timeout: Duration, still_good: bool) -> Outcome {
    let annie = HttpClient::new(timeout).unwrap().with_key(base_url, "key".into());
    let request = text();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(annie.send(&request, || "2026-11-24T17:00:00Z".parse().unwrap(), move || still_good)).answer
}

fn text() -> SmsRequest {
    SmsRequest {
        from_number: "+13035550199".into(),
        to_number: "+13035550101".into(),
        message: "Hi".into(),
        patient_info: None,
        appointment_info: None,
        context: None,
    }
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

fn answer_and_stall(mut stream: TcpStream, text: &str) {
    read_all(&mut stream);
    let _ = stream.write_all(text.as_bytes());
    stall(stream);
}

/// Answers, then resets the connection once the client has had time to read the answer.
fn answer_and_reset(mut stream: TcpStream, text: &str) {
    read_all(&mut stream);
    let _ = stream.write_all(text.as_bytes());
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let _ = stream.read(&mut [0; 1]);
    reset(stream);
}

/// Closes the connection with a TCP reset instead of a normal close.
fn reset(stream: TcpStream) {
    set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
}

/// Keeps the connection open until the client closes it.
fn stall(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1]);
}

/// Waits until part of the request has arrived.
fn read_some(stream: &mut TcpStream) {
    assert!(stream.read(&mut [0; 16]).unwrap() > 0);
}

fn good_body() -> &'static str {
    r#"{"success":true,"data":{"conversationId":"3c90c3cc-0d44-4b50-8888-8dd25736052a"}}"#
}

#[test]
fn a_request_annie_may_have_received_is_unknown() {
    let cases: [(&str, fn(TcpStream)); 25] = [
        ("accepts and closes", drop),
        ("reads some and closes", |mut s| read_some(&mut s)),
        ("reads some and resets", |mut s| {
            read_some(&mut s);
            reset(s);
        }),
        ("reads and closes", |mut s| read_all(&mut s)),
        ("reads and resets", |mut s| {
            read_all(&mut s);
            reset(s);
        }),
        ("never reads", |s| {
            // The request waits in the socket buffers first.
            let mut peeked = [0; 16];
            while s.peek(&mut peeked).is_ok_and(|n| n == 0) {}
            let mut s = s;
            read_all(&mut s);
            stall(s);
        }),
        ("never answers", |s| {
            let mut s = s;
            read_all(&mut s);
            stall(s);
        }),
        ("half a status line", |s| answer(s, "HTTP/1.1 2")),
        ("half a header", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-le")),
        ("half a header, then nothing", |s| answer_and_stall(s, "HTTP/1.1 200 OK\r\ncontent-le")),
        ("headers, then nothing", |s| answer_and_stall(s, "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n")),
        ("half a header, then a reset", |s| answer_and_reset(s, "HTTP/1.1 200 OK\r\ncontent-le")),
        ("not HTTP", |s| answer(s, "220 mail.example.com ESMTP\r\n\r\n")),
        ("a malformed header", |s| answer(s, "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")),
        ("half a body", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":tr")),
        ("half a body, then nothing", |s| {
            answer_and_stall(s, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":tr");
        }),
        ("half a body, then a reset", |s| {
            answer_and_reset(s, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":tr");
        }),
        ("a length that is too small", |s| {
            answer(s, &format!("HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{}", good_body()));
        }),
        ("a length that is too large", |s| {
            answer(s, &format!("HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{}", good_body()));
        }),
        ("half a chunk", |s| answer(s, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{\"succ")),
        ("not JSON", |s| answer(s, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK")),
        ("success without a conversation", |s| {
            answer(s, "HTTP/1.1 200 OK\r\ncontent-length: 26\r\n\r\n{\"success\":true,\"data\":{}}");
        }),
        ("a gateway's 502", |s| answer(s, "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")),
        ("a 408 timeout", |s| answer(s, "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")),
        ("a conflict", |s| answer(s, "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n")),
    ];
    for (name, misbehave) in cases {
        let outcome = send_to(None, misbehave);
        assert_eq!(outcome.name(), "unknown", "{name}: {outcome:?}");
        assert!(!outcome.detail().contains("127.0.0.1"), "no address in {}", outcome.detail());
    }
    // The client may see an immediate reset while connecting or later. It is never taken as an answer.
    let outcome = send_to(None, reset);
    assert!(matches!(outcome.name(), "unknown" | "not-sent"), "{outcome:?}");
}

#[test]
fn a_complete_answer_counts_whatever_follows_it() {
    let whole = |s| answer_and_reset(s, &format!("HTTP/1.1 201 Created\r\ncontent-length: 81\r\n\r\n{}", good_body()));
    assert_eq!(send_to(None, whole).name(), "sent");
    let chunked = |s| {
        answer(s, &format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n51\r\n{}\r\n0\r\n\r\n", good_body()))
    };
    assert_eq!(send_to(None, chunked).name(), "sent");
    let early = |s| {
        answer(s, &format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 81\r\n\r\n{}", good_body()))
    };
    assert_eq!(send_to(None, early).name(), "sent");
}

#[test]
fn a_request_that_never_left_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (name, address) in
        [("refused", format!("http://{closed}")), ("no such name", "https://annie.invalid".to_owned())]
    {
        let outcome = send_to(Some(address), drop);
        assert!(matches!(outcome, Outcome::NotSent(NotSent::Unreachable { .. })), "{name}: {outcome:?}");
    }
    // A listener whose backlog is full: the TCP handshake is never answered.
    let full = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&full, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    rustix::net::listen(&full, 0).unwrap();
    let full = TcpListener::from(full);
    let address = full.local_addr().unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(move || TcpStream::connect_timeout(&address, Duration::from_secs(2))))
        .collect();
    let first = TcpStream::connect_timeout(&address, Duration::from_secs(2));
    let outcome = send_to(Some(format!("http://{address}")), drop);
    assert!(matches!(outcome, Outcome::NotSent(NotSent::Unreachable { .. })), "full backlog: {outcome:?}");
    drop((first, full));
    waiting.into_iter().for_each(|thread| drop(thread.join().unwrap()));
}

/// A failure before the TLS handshake is complete: the text was not sent.
#[test]
fn a_failed_tls_handshake_sends_nothing() {
    let cases: [(&str, fn(TcpStream)); 5] = [
        ("closes", |mut s| read_some(&mut s)),
        ("resets", |mut s| {
            read_some(&mut s);
            reset(s);
        }),
        ("stays silent", |mut s| {
            read_some(&mut s);
            stall(s);
        }),
        ("speaks plain HTTP", |mut s| {
            read_some(&mut s);
            let _ = s.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }),
        ("sends a TLS alert", |mut s| {
            read_some(&mut s);
            let _ = s.write_all(&[21, 3, 3, 0, 2, 2, 40]);
        }),
    ];
    for (name, misbehave) in cases {
        let outcome = send_to(Some("https://{}".to_owned()), misbehave);
        assert!(matches!(outcome, Outcome::NotSent(NotSent::Unreachable { .. })), "{name}: {outcome:?}");
    }
}

#[test]
fn a_request_that_cannot_be_built_is_our_bug_and_not_sent() {
    for address in ["gopher://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999"] {
        let outcome = send_to(Some(address.to_owned()), drop);
        assert!(matches!(outcome, Outcome::NotSent(NotSent::Bug { .. })), "{address}: {outcome:?}");
    }
}

/// A server that answers as often as it is asked, and closes each connection after this many answers. Returns its
/// address, and the connections it has accepted.
fn answers(closes_after: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, accepted) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = accepted.clone();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                for _ in 0..closes_after {
                    read_all(&mut stream);
                    let length = good_body().len();
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}", good_body());
                    stream.write_all(answer.as_bytes()).unwrap();
                }
                // The next request is read and gets no answer.
                read_some(&mut stream);
            });
        }
    });
    (format!("http://{address}"), accepted)
}

#[test]
fn a_connection_is_used_again_until_an_answer_breaks_off() {
    let (address, accepted) = answers(2);
    let annie = HttpClient::new(Duration::from_secs(5)).unwrap().with_key(&address, "key".into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let now = || "2026-11-24T17:00:00Z".parse().unwrap();
    let names = runtime.block_on(async {
        let mut names = Vec::new();
        for _ in 0..6 {
            names.push(annie.send(&text(), now, || true).await.answer.name());
        }
        names
    });
    assert_eq!(names, ["sent", "sent", "unknown", "sent", "sent", "sent"]);
    assert_eq!(accepted.load(Ordering::SeqCst), 4, "one for the first three, then one for each");
}

#[test]
fn redirects_are_not_followed_and_the_status_decides() {
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

/// A claim may expire while the connection is being made. Then not a byte is sent.
#[test]
fn a_claim_that_expires_at_the_last_moment_sends_nothing() {
    for still_good in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut received = vec![0; 4096];
            let mut length = 0;
            while !received[..length].ends_with(b"}") {
                match stream.read(&mut received[length..]).unwrap_or(0) {
                    0 => break,
                    read => length += read,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
            String::from_utf8_lossy(&received[..length]).into_owned()
        });
        let outcome = one_text(&base_url, Duration::from_secs(10), still_good);
        let received = server.join().unwrap();
        if still_good {
            assert_eq!(outcome.name(), "unknown", "500");
            assert!(received.to_lowercase().contains("content-length: ") && received.contains("\"Hi\""), "{received}");
        } else {
            assert_eq!((outcome, received.as_str()), (Outcome::NotSent(NotSent::TooOld), ""));
        }
    }
}
