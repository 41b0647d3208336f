//! The front desk's page over real HTTP: who may ask for what, what every answer carries, what an act writes, and that
//! nobody can slow texts through it. `tests/page/run` does the same in a browser.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::program::{Daemon, Practice, Sandbox, live_config, now, visits_due_in};

const PASSWORD: &str = "correct horse battery";

/// A practice whose page is served.
struct Page {
    practice: Practice,
    port: u16,
    daemon: Option<Daemon>,
    sandbox: Sandbox,
}

/// A browser of a user.
struct Browser {
    port: u16,
    cookies: String,
    token: String,
}

/// An answer: status, headers in lower case, body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn ask(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: 127.0.0.1:{port}\r\n") };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\n{host}{headers}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let head: Vec<String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
        .collect();
    Answer { status, head: head.join("\n"), body: body.replace("&#x2f;", "/").replace("&#x27;", "'") }
}

impl Page {
    /// Starts a practice with these users (name and role), this book, and more configuration.
    fn start(users: &[(&str, &str)], csv: &str, more: &str) -> Page {
        let practice = Practice::new("");
        let sandbox = Sandbox::start(&practice, &["--key", "k"]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!("{}[desk]\nlisten = \"127.0.0.1:{port}\"\n{more}", live_config(&sandbox.base_url));
        std::fs::write(practice.path("config.toml"), config).unwrap();
        practice.import(csv, &[]).good();
        for (user, role) in users {
            add_user(&practice, user, &["--role", role]);
        }
        let mut daemon = Daemon::start(&practice, "k");
        daemon.until("the front desk's page is served at");
        Page { practice, port, daemon: Some(daemon), sandbox }
    }

    fn browser(&self, user: &str) -> Browser {
        let mut browser = Browser { port: self.port, cookies: String::new(), token: String::new() };
        let answer = browser.log_in(user, PASSWORD);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.body);
        browser.cookies = answer
            .head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next())
            .collect::<Vec<_>>()
            .join("; ");
        browser.token = browser.get("/password").body.split("name=\"token\" value=\"").nth(1).unwrap()[..32].to_owned();
        browser
    }

    fn stop(&mut self) -> String {
        let (code, log) = self.daemon.take().unwrap().stop();
        assert_eq!(code, 0, "{log}");
        log
    }
}

fn add_user(practice: &Practice, user: &str, options: &[&str]) {
    let mut command = practice.command(&[&["desk", "add-user", user], options].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
}

impl Browser {
    fn headers(&self) -> String {
        format!("Cookie: {}\r\nOrigin: http://127.0.0.1:{}\r\nSec-Fetch-Site: same-origin\r\n", self.cookies, self.port)
    }

    fn log_in(&self, user: &str, password: &str) -> Answer {
        let body = format!("user={user}&password={}", password.replace(' ', "+"));
        ask(self.port, "POST", "/login", &self.headers(), &body)
    }

    fn get(&self, path: &str) -> Answer {
        ask(self.port, "GET", path, &self.headers(), "")
    }

    fn post(&self, path: &str, fields: &str) -> Answer {
        ask(self.port, "POST", path, &self.headers(), &format!("token={}&{fields}", self.token))
    }

    /// What the page says after an act.
    fn said(&self, path: &str) -> String {
        let page = self.get(path).body;
        let flash = page.split("<div class=\"flash").nth(1).unwrap_or_default();
        flash.split("<p>").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap_or_default().to_owned()
    }

    /// The value that a form of the page brings back to show what was seen.
    fn seen(&self, path: &str, action: &str) -> String {
        let page = self.get(path).body;
        let form = page.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("{action}: {page}"));
        form.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

/// Every route of the table: method, path with example values, the least role.
fn routes() -> Vec<(String, String, String)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/desk/routes.rs");
    let text = std::fs::read_to_string(path).unwrap();
    let table = text.split("= routes! {").nth(1).unwrap();
    let found: Vec<_> = table
        .lines()
        .filter_map(|line| {
            let mut parts = line.split_whitespace();
            let (method, path, role) = (parts.next()?, parts.next()?, parts.next()?);
            (method == "GET" || method == "POST")
                .then(|| (method.to_owned(), path.trim_matches('"').replace("{}", "1"), role.to_owned()))
        })
        .collect();
    assert!(found.len() > 35, "the table of routes was not read");
    found
}

const BOOK: &str = "id,patient_id,first_name,last_name,phone,starts_at,status,booked_at\n";

/// A booked appointment so many hours from now.
fn visit(id: &str, first: &str, phone: &str, hours: i64) -> String {
    let start = now() + chrono::TimeDelta::hours(hours);
    let start = start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!("{id},P-{id},{first},Quackenbush,{phone},{start},booked,2026-01-01T00:00:00Z\n")
}

#[test]
fn nobody_gets_anything_without_a_login_a_role_a_token_and_the_right_origin() {
    let book = format!("{BOOK}{}", visit("1", "Zebulon", "+13035551001", 30));
    let page = Page::start(&[("lou", "look"), ("dan", "desk"), ("mia", "manager")], &book, "");
    let (look, desk, manager) = (page.browser("lou"), page.browser("dan"), page.browser("mia"));
    let stranger = Browser { port: page.port, cookies: String::new(), token: look.token.clone() };
    let before = page.practice.number("SELECT count(*) FROM audit WHERE act NOT IN ('viewed', 'viewed-list')");
    for (method, path, role) in routes() {
        let asked = |browser: &Browser| match method.as_str() {
            "GET" => browser.get(&path),
            _ => browser.post(&path, "x=1"),
        };
        let what = format!("{method} {path}");
        if role != "OPEN" {
            let answer = asked(&stranger);
            assert_eq!((answer.status, answer.header("location")), (303, Some("/login")), "{what}");
            assert!(!answer.body.contains("Zebulon"), "{what}");
        }
        let (of_look, of_desk) = (role == "LOOK" || role == "OPEN", role != "MANAGER");
        if method == "POST" && role != "OPEN" && path != "/logout" {
            if !of_look {
                assert_eq!(asked(&look).status, 403, "{what}");
            }
            if !of_desk {
                assert_eq!(asked(&desk).status, 403, "{what}");
            }
            let foreign = manager.headers().replace("Origin: http://127.0.0.1", "Origin: http://evil.example");
            let with_token = format!("token={}&x=1", manager.token);
            assert_eq!(ask(page.port, "POST", &path, &foreign, &with_token).status, 403, "{what}");
            let cross = manager.headers().replace("same-origin", "cross-site");
            assert_eq!(ask(page.port, "POST", &path, &cross, &with_token).status, 403, "{what}");
            let without = format!("Cookie: {}\r\n", manager.cookies);
            assert_eq!(ask(page.port, "POST", &path, &without, &with_token).status, 403, "{what}: no origin");
            for token in ["", "token=", &format!("token={}", desk.token)] {
                assert_eq!(ask(page.port, "POST", &path, &manager.headers(), token).status, 403, "{what} {token}");
            }
        }
    }
    let after = page.practice.number("SELECT count(*) FROM audit WHERE act NOT IN ('viewed', 'viewed-list')");
    assert_eq!(after, before, "nothing was done");
    let other_host = manager.headers() + "Host: evil.example\r\n";
    assert_eq!(ask(page.port, "GET", "/", &other_host, "").status, 421);
    for method in ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"] {
        assert_ne!(ask(page.port, method, "/", &manager.headers(), "").status, 200, "{method}");
    }
}

#[test]
fn every_answer_has_the_headers_that_protect_it() {
    let page = Page::start(&[("mia", "manager")], &format!("{BOOK}{}", visit("1", "Zebulon", "", 30)), "");
    let manager = page.browser("mia");
    let paths =
        ["/", "/login", "/desk.css", "/desk.js", "/icon.svg", "/nothing", "/appointments/1", "/appointments/none"];
    let answers = paths.map(|path| (path, manager.get(path)));
    for (path, answer) in answers.into_iter().chain([("post", manager.post("/search", "q=zeb"))]) {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        for (name, value) in [("x-frame-options", "DENY"), ("x-content-type-options", "nosniff")] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let cache = answer.header("cache-control").unwrap();
        assert_eq!(cache, if path.contains('.') { "no-cache" } else { "no-store" }, "{path}");
    }
    let answer = manager.log_in("mia", PASSWORD);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(page.practice.number("SELECT count(*) FROM desk_tokens WHERE length(hash) <> 64"), 0);
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    let stored = page.practice.sql().query_row("SELECT group_concat(hash) FROM desk_tokens", [], |row| row.get(0));
    assert!(!stored.unwrap_or_else(|_| String::new()).contains(secret), "only hashes are stored");
}

#[test]
fn an_act_is_written_with_the_users_name_and_a_change_meanwhile_is_told() {
    let book =
        format!("{BOOK}{}{}", visit("A1", "Zebulon", "+13035551001", 30), visit("A2", "Bystander", "+13035551002", 30));
    let page = Page::start(&[("dan", "desk"), ("eve", "desk")], &book, "");
    let (dan, eve) = (page.browser("dan"), page.browser("eve"));
    let insert = "INSERT INTO tasks (cause, kind, code, phone, since, opened_at, due_at, said)
        VALUES ('c1', 'reply', 'needs_a_look', '+13035551001', 1, 1, 9999999999, 'hello'),
               ('c2', 'reply', 'needs_a_look', '+13035551002', 1, 1, 9999999999, 'bystander')";
    page.practice.sql().execute(insert, []).unwrap();
    let (of_dan, of_eve) = (dan.seen("/worklist", "/tasks/1/done"), eve.seen("/worklist", "/tasks/1/done"));
    // Two at once: the first one is done, the second one is told.
    assert_eq!(dan.post("/tasks/1/done", &format!("seen={of_dan}&note=called")).status, 303);
    assert_eq!(dan.said("/worklist"), "Done.");
    eve.post("/tasks/1/done", &format!("seen={of_eve}"));
    let said = eve.said("/worklist");
    assert!(said.starts_with("dan closed this task already") && said.contains("called"), "{said}");
    let closed = "SELECT count(*) FROM tasks WHERE closed_how = 'done' AND who = 'dan' AND note = 'called'";
    assert_eq!(page.practice.number(closed), 1);
    assert_eq!(page.practice.number("SELECT count(*) FROM audit WHERE act = 'task-done' AND who = 'dan'"), 1);
    // Undone, it is there again, as a new one.
    assert_eq!(dan.post("/tasks/1/reopen", "").status, 303);
    assert_eq!(page.practice.number("SELECT count(*) FROM tasks WHERE closed_at IS NULL AND cause = 'c1'"), 1);
    // The patient wrote again while the page was open.
    let seen = dan.seen("/worklist", "/tasks/2/done");
    page.practice.sql().execute("UPDATE tasks SET said = 'no, stop', size = 2 WHERE id = 2", []).unwrap();
    dan.post("/tasks/2/done", &format!("seen={seen}"));
    assert!(dan.said("/worklist").starts_with("The patient wrote again"), "{}", dan.said("/worklist"));
    assert_eq!(page.practice.number("SELECT count(*) FROM tasks WHERE id = 2 AND closed_at IS NULL"), 1);
    // The appointment was moved while its page was open.
    let seen = dan.seen("/appointments/A1", "/appointments/A1/opt-out");
    let moved = "UPDATE appointments SET starts_at = '2037-01-01T17:00:00Z' WHERE id = 'A1'";
    page.practice.sql().execute(moved, []).unwrap();
    dan.post("/appointments/A1/opt-out", &format!("seen={seen}"));
    assert!(dan.said("/appointments/A1").starts_with("The appointment changed meanwhile"));
    assert_eq!(page.practice.number("SELECT count(*) FROM opt_outs"), 0);
    let seen = dan.seen("/appointments/A1", "/appointments/A1/opt-out");
    dan.post("/appointments/A1/opt-out", &format!("seen={seen}"));
    assert!(dan.said("/appointments/A1").contains("gets no more texts"));
    assert_eq!(page.practice.number("SELECT count(*) FROM opt_outs WHERE phone = '+13035551001' AND who = 'dan'"), 1);
    assert_eq!(page.practice.number("SELECT count(*) FROM opt_outs"), 1);
}

#[test]
fn a_user_of_one_location_sees_and_changes_no_others() {
    let location =
        "[[location]]\nid = \"south\"\nname = \"South\"\nphone = \"+13035550111\"\nfrom_number = \"+13035550198\"\n";
    let mut book = String::from("id,patient_id,first_name,last_name,phone,starts_at,status,location\n");
    let start = (now() + chrono::TimeDelta::hours(5)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for (id, name, location) in [("N1", "Northerner", ""), ("S1", "Southerner", "south")] {
        book.push_str(&format!("{id},P-{id},{name},Lee,,{start},booked,{location}\n"));
    }
    let page = Page::start(&[("mia", "manager")], &book, location);
    add_user(&page.practice, "sol", &["--role", "manager", "--location", "south"]);
    let (all, south) = (page.browser("mia"), page.browser("sol"));
    let insert = "INSERT INTO tasks (id, cause, kind, code, since, opened_at, due_at, said)
        VALUES (77, 'n', 'reply', 'needs_a_look', 1, 1, 9999999999, 'words of the north');
        INSERT INTO task_appointments SELECT 77, id, starts_unix FROM appointments WHERE id = 'N1';";
    page.practice.sql().execute_batch(insert).unwrap();
    let today = now().with_timezone(&chrono::Utc).date_naive();
    let days = [today, today.succ_opt().unwrap(), today.pred_opt().unwrap()].map(|day| format!("/day/{day}"));
    let paths = ["/", "/worklist", "/not-reached", "/held", "/search"].map(str::to_owned);
    let mut seen_by_all = String::new();
    for path in paths.iter().chain(&days) {
        if path == "/search" {
            for browser in [&all, &south] {
                browser.post("/search", "q=lee");
            }
        }
        let body = south.get(path).body;
        assert!(!body.contains("Northerner") && !body.contains("words of the north"), "{path}");
        seen_by_all += &all.get(path).body;
    }
    assert!(seen_by_all.contains("Northerner") && seen_by_all.contains("Southerner"));
    assert_eq!((south.get("/appointments/N1").status, south.get("/appointments/S1").status), (404, 200));
    for act in ["call", "outcome", "skip", "opt-out", "wrong-number"] {
        let fields = "seen=x&result=reached&outcome=confirmed";
        assert_eq!(south.post(&format!("/appointments/N1/{act}"), fields).status, 404, "{act}");
    }
    for act in ["done", "reopen", "wake"] {
        assert_eq!(south.post(&format!("/tasks/77/{act}"), "seen=x").status, 404, "{act}");
    }
    assert_eq!(south.post("/rules/pause", "location=").status, 403, "what concerns the whole practice");
    assert_eq!((south.post("/rules/confirm", "").status, south.post("/rules/resume", "").status), (403, 403));
    assert_eq!(south.post("/rules/pause", "location=south").status, 303);
    assert_eq!(page.practice.number("SELECT count(*) FROM pauses WHERE location = 'south'"), 1);
    assert_eq!(page.practice.number("SELECT count(*) FROM pauses"), 1);
    assert_eq!(page.practice.number("SELECT count(*) FROM calls"), 0);
    let seen = all.seen("/appointments/N1", "/appointments/N1/call");
    all.post("/appointments/N1/call", &format!("seen={seen}&result=reached"));
    assert_eq!(page.practice.number("SELECT count(*) FROM calls WHERE undone_at IS NULL"), 1);
    south.post("/calls/1/undo", "");
    assert_eq!(
        page.practice.number("SELECT count(*) FROM calls WHERE undone_at IS NULL"),
        1,
        "another location's call"
    );
}

#[test]
fn wrong_passwords_block_the_place_and_not_the_user() {
    let mut page = Page::start(&[("kim", "desk")], &format!("{BOOK}{}", visit("1", "Zebulon", "+13035551001", 30)), "");
    let known = page.browser("kim");
    let stranger = Browser { port: page.port, cookies: String::new(), token: String::new() };
    for _ in 0..5 {
        assert!(stranger.log_in("kim", "wrong password").body.contains("is wrong"));
    }
    let answer = stranger.log_in("kim", PASSWORD);
    assert!(answer.status == 200 && answer.body.contains("Too many wrong passwords"), "{}", answer.body);
    assert_eq!(known.log_in("kim", PASSWORD).status, 303, "the browser that is known is not blocked");
    assert!(stranger.log_in("nobody", "wrong password").body.contains("is wrong"));
    // Many at once are no more than one after the other.
    let at_once: Vec<_> = (0..12)
        .map(|_| {
            let port = page.port;
            std::thread::spawn(move || {
                let other = Browser { port, cookies: String::new(), token: String::new() };
                other.log_in("lee", "wrong password").body.contains("is wrong")
            })
        })
        .collect();
    let judged = at_once.into_iter().map(|one| one.join().unwrap()).filter(|judged| *judged).count();
    assert_eq!(judged, 5);
    let log = page.stop();
    assert!(log.contains("logins to the front desk's page were blocked"), "{log}");
    for private in ["Zebulon", "Quackenbush", "5551001", PASSWORD, "wrong password"] {
        assert!(!log.contains(private), "{private}: {log}");
    }
}

#[test]
fn a_session_ends_with_the_password_the_user_the_logout_and_time() {
    let page = Page::start(&[("kim", "desk"), ("lee", "desk")], BOOK, "");
    let (kim, lee, other) = (page.browser("kim"), page.browser("lee"), page.browser("kim"));
    assert_eq!(other.post("/logout", "").status, 303);
    assert_eq!((other.get("/").status, kim.get("/").status), (303, 200));
    page.practice.sql().execute("UPDATE desk_tokens SET seen_at = seen_at - 1801 WHERE user = 'kim'", []).unwrap();
    assert_eq!((kim.get("/").status, lee.get("/").status), (303, 200));
    let kim = page.browser("kim");
    let mut command = page.practice.command(&["desk", "passwd", "kim"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "another password 7").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!((kim.get("/").status, lee.get("/").status), (303, 200));
    page.practice.run(&["desk", "remove-user", "lee"]).good();
    assert_eq!(lee.get("/").status, 303);
    let users = page.practice.run(&["desk", "list-users"]).good();
    assert!(users.contains("kim") && !users.contains("lee"), "{users}");
}

#[test]
fn a_page_without_users_is_not_served_until_there_is_one() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!("{}[desk]\nlisten = \"127.0.0.1:{port}\"\n", live_config(&sandbox.base_url));
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(BOOK, &[]).good();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("add one with `leadtime desk add-user NAME --role manager`");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    add_user(&practice, "kim", &["--role", "look"]);
    daemon.until("the front desk's page is served at");
    assert_eq!(ask(port, "GET", "/login", "", "").status, 200);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn two_thousand_slow_connections_delay_no_text() {
    let mut page = Page::start(&[("kim", "desk")], BOOK, "");
    // The system's queue takes what the page does not; a connection that it refuses does no harm either.
    let mut held: Vec<TcpStream> = Vec::new();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], page.port));
    for number in 0..2000 {
        let connected =
            TcpStream::connect_timeout(&address, std::time::Duration::from_millis(if number < 200 { 500 } else { 1 }));
        let Ok(mut stream) = connected else { continue };
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: ");
        held.push(stream);
    }
    page.practice.import(&visits_due_in(2, 500), &[]).good();
    // Its log must be read: a full pipe would stop it.
    let daemon = page.daemon.as_mut().unwrap();
    for _ in 0..500 {
        daemon.until("sent `day-before`");
    }
    for _ in 0..500 {
        assert_eq!(page.sandbox.post(), "POST /v1/sms -> 200");
    }
    let late = "SELECT count(*) FROM attempts AS t JOIN message_reminders AS m ON m.message_id = t.message_id
        JOIN reminders AS r ON r.id = m.reminder_id WHERE t.started_ms / 1000 > r.due_at + 60";
    assert_eq!(page.practice.number(late), 0);
    for stream in held {
        let _ = stream.shutdown(Shutdown::Both);
    }
    page.stop();
}

/// What a browser gets that trusts one authority; none if it does not trust the page.
fn over_tls(port: u16, authority: &Path, host: &str) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
    write!(stream, "GET /login HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    // The server may end without a farewell.
    let _ = stream.read_to_string(&mut answer);
    Some(answer)
}

#[test]
fn a_certificate_made_here_is_trusted_by_its_authority_alone_and_renewed_without_a_restart() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    for folder in ["one", "two"] {
        std::fs::create_dir(practice.path(folder)).unwrap();
        let made = practice.run(&["desk", "make-certificate", "desk.maple.example", "127.0.0.1", "--folder", folder]);
        assert!(made.good().contains("hosts = [\"desk.maple.example\"]"));
        let key = practice.path(folder).join("desk-key.pem");
        let mode = std::os::unix::fs::PermissionsExt::mode(&key.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(practice.run(&["desk", "make-certificate", "a.b", "--folder", "one"]).code, 1, "files are kept");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = format!(
        "[desk]\nlisten = \"0.0.0.0:{port}\"\ncertificate = \"one/desk-certificate.pem\"\nkey = \"one/desk-key.pem\"\nhosts = [\"desk.maple.example\"]\n"
    );
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url) + &desk).unwrap();
    practice.import(BOOK, &[]).good();
    add_user(&practice, "kim", &["--role", "desk"]);
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("the front desk's page is served at https://");
    let authority = |folder: &str| practice.path(folder).join("desk-authority.crt");
    let answer = over_tls(port, &authority("one"), "desk.maple.example").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(over_tls(port, &authority("one"), "127.0.0.1").is_some());
    assert!(over_tls(port, &authority("two"), "desk.maple.example").is_none(), "another authority");
    assert!(over_tls(port, &authority("one"), "other.example").is_none(), "another name");
    for file in ["desk-certificate.pem", "desk-key.pem"] {
        std::fs::copy(practice.path("two").join(file), practice.path("one").join(file)).unwrap();
    }
    daemon.until("the certificate of the front desk's page was renewed");
    assert!(over_tls(port, &authority("two"), "desk.maple.example").is_some());
    // Files that cannot be used change nothing.
    std::fs::write(practice.path("one").join("desk-certificate.pem"), "no certificate").unwrap();
    daemon.until("the page still uses the previous certificate");
    assert!(over_tls(port, &authority("two"), "desk.maple.example").is_some());
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn the_commands_for_users_check_what_they_are_told() {
    let location =
        "[[location]]\nid = \"south\"\nname = \"South\"\nphone = \"+13035550111\"\nfrom_number = \"+13035550198\"\n";
    let practice = Practice::new(&(live_config("http://127.0.0.1:1") + location));
    let typed = |arguments: &[&str], password: &str| {
        let mut command = practice.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = typed(&["desk", "add-user", "Kim", "--role", "desk"], PASSWORD);
    assert!(code == 0 && said.contains("kim may now log in") && said.contains("add [desk]"), "{said}");
    for (arguments, password, why) in [
        (&["desk", "add-user", "lee", "--role", "desk"][..], "short", "at least 10 characters"),
        (&["desk", "add-user", "a b", "--role", "desk"], PASSWORD, "a user name has"),
        (&["desk", "add-user", "lee", "--role", "boss"], PASSWORD, "manager"),
        (&["desk", "add-user", "lee", "--role", "desk", "--location", "west"], PASSWORD, "south, main"),
        (&["desk", "passwd", "nobody"], PASSWORD, "there is no user nobody"),
        (&["desk", "remove-user", "nobody"], "", "there is no user nobody"),
        (&["desk", "make-certificate", "a/b"], "", "neither a host name nor an address"),
    ] {
        let (code, said) = typed(arguments, password);
        assert!(code != 0 && said.contains(why), "{arguments:?}: {said}");
    }
    let (code, said) = typed(&["desk", "add-user", "kim", "--role", "manager", "--location", "south"], "");
    assert!(code == 0 && said.contains("role manager, for south"), "{said}");
    let users: serde_json::Value =
        serde_json::from_str(&practice.run(&["desk", "list-users", "--json"]).good()).unwrap();
    assert_eq!(users, serde_json::json!([{ "user": "kim", "role": "manager", "locations": ["south"] }]));
    let audit = practice.run(&["history", "--json"]).good();
    assert!(audit.contains("user-added") && audit.contains("user-changed") && !audit.contains(PASSWORD), "{audit}");
}

#[test]
fn a_restore_brings_back_no_user_who_was_removed_and_no_session() {
    let practice = Practice::new(&live_config("http://127.0.0.1:1"));
    practice.import(BOOK, &[]).good();
    for user in ["kim", "lee"] {
        add_user(&practice, user, &["--role", "desk"]);
    }
    let session = "INSERT INTO desk_tokens (hash, kind, user, began_at, seen_at) VALUES ('h', 'session', 'lee', 1, 1)";
    practice.sql().execute(session, []).unwrap();
    practice.run(&["backup", "copy.db"]).good();
    practice.run(&["desk", "remove-user", "kim"]).good();
    practice.run(&["restore", "copy.db"]).good();
    let users = practice.run(&["desk", "list-users"]).good();
    assert!(users.contains("lee") && !users.contains("kim"), "{users}");
    assert_eq!(practice.number("SELECT count(*) FROM desk_tokens"), 0);
    assert_eq!(practice.number("SELECT count(*) FROM desk_users WHERE password LIKE '$argon2id$%'"), 1);
    // Without the previous database, one of the users of the copy may have been removed since.
    std::fs::write(practice.path("test.db"), "damaged").unwrap();
    let said = practice.run(&["restore", "copy.db"]).good();
    assert!(said.contains("Set each password again"), "{said}");
    assert_eq!(practice.number("SELECT count(*) FROM desk_users WHERE password = ''"), 2);
}

#[test]
fn behind_a_proxy_the_browsers_address_counts_and_cookies_are_for_encrypted_connections() {
    let page = Page::start(&[("kim", "desk")], BOOK, "behind_proxy = true\nhosts = [\"desk.example.com\"]\n");
    let log_in = |from: &str, host: &str, password: &str| {
        let headers = format!("Host: {host}\r\nOrigin: https://{host}\r\nX-Forwarded-For: {from}\r\n");
        ask(page.port, "POST", "/login", &headers, &format!("user=kim&password={}", password.replace(' ', "+")))
    };
    for number in 0..5 {
        // What a browser claims itself does not count; what the proxy adds does.
        let from = format!("10.9.9.{number}, 10.0.0.1");
        assert!(log_in(&from, "desk.example.com", "wrong password").body.contains("is wrong"));
    }
    assert!(log_in("10.0.0.1", "desk.example.com", PASSWORD).body.contains("Too many wrong passwords"));
    let answer = log_in("10.0.0.2", "desk.example.com", PASSWORD);
    let cookie = answer.header("set-cookie").unwrap_or_default();
    assert!(answer.status == 303 && cookie.starts_with("__Host-leadtime=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(log_in("10.0.0.2", "evil.example", PASSWORD).status, 421);
}

/// Also after it has begun, when nothing is planned for it anymore.
#[test]
fn today_keeps_what_a_patient_answered_after_the_visit_has_begun() {
    let book =
        format!("{BOOK}{}{}", visit("A1", "Zebulon", "+13035551001", -1), visit("A2", "Yuri", "+13035551002", -1));
    let page = Page::start(&[("mia", "manager")], &book, "");
    page.practice
        .sql()
        .execute_batch(
            "INSERT INTO outcomes (appointment_id, starts_at, patient_id, first_name, outcome, source, since, status, phone)
             SELECT id, starts_unix, patient_id, first_name, 'confirmed', 'reply', starts_unix - 3600, status, phone
             FROM appointments WHERE id = 'A1'",
        )
        .unwrap();
    let body = page.browser("mia").get("/").body;
    assert!(body.contains("<tr data-row=\"A1\" class=\"confirmed\">"), "{body}");
    assert!(body.contains("<tr data-row=\"A2\" class=\"no-text\">"), "{body}");
}

#[test]
fn undo_is_offered_only_where_nothing_else_is_lost() {
    let mut book = String::from(BOOK);
    for (number, id) in ["A1", "A2", "A3", "A4", "A5"].iter().enumerate() {
        book.push_str(&visit(id, "Zebulon", &format!("+1303555100{number}"), 30 + i64::try_from(number).unwrap()));
    }
    let page = Page::start(&[("mia", "manager"), ("dan", "desk")], &book, "");
    let (mia, dan) = (page.browser("mia"), page.browser("dan"));
    let sql = |statement: &str| page.practice.sql().execute_batch(statement).unwrap();
    // Acts, and tells whether the next page offers to take it back.
    let act = |path: &str, id: &str, fields: &str| {
        let own = format!("/appointments/{id}");
        let seen = mia.seen(&own, &format!("{own}/{path}"));
        assert_eq!(mia.post(&format!("{own}/{path}"), &format!("seen={seen}&{fields}")).status, 303);
        let body = mia.get(&own).body;
        assert!(body.contains("<div class=\"flash\" role=\"status\">"), "{path} {id}: it was not done");
        body.contains(">Undo<")
    };
    for (number, id) in [(0, "A1"), (1, "A2")] {
        sql(&format!(
            "INSERT INTO number_holds (phone, conversation, message_at, cause) VALUES ('+1303555100{number}', 'c{id}', 1, 'reply-unclear')"
        ));
    }
    assert!(!act("opt-out", "A1", ""), "it settled a reply");
    assert!(!act("wrong-number", "A2", ""), "it settled a reply");
    assert!(act("opt-out", "A3", ""));
    sql("INSERT INTO outcomes (appointment_id, starts_at, patient_id, outcome, source, since, status, recorded_at)
         SELECT id, starts_unix, patient_id, 'wants_cancel', 'reply', 1, status, 1 FROM appointments WHERE id = 'A4'");
    assert!(!act("outcome", "A4", "outcome=confirmed"), "the patient had written something else");
    assert!(act("outcome", "A5", "outcome=confirmed"));
    assert!(act("skip", "A4", "rule=day-before"));
    assert!(!act("skip", "A4", ""), "one of them was skipped before");
    assert!(act("skip", "A5", ""));
    page.practice.run(&["pause"]).good();
    mia.post("/rules/pause", "location=&until=2036-01-01T09:00");
    assert!(!mia.get("/rules").body.contains(">Undo<"), "it replaced a pause");
    let seen = mia.seen("/rules", "/rules/resume");
    page.practice.run(&["pause", "--until", "2035-01-01 09:00"]).good();
    mia.post("/rules/resume", &format!("location=&seen={seen}"));
    assert!(mia.said("/rules").contains("pause was changed meanwhile"));
    assert_eq!(page.practice.number("SELECT count(*) FROM pauses"), 1);
    let seen = mia.seen("/rules", "/rules/resume");
    mia.post("/rules/resume", &format!("location=&seen={seen}"));
    mia.get("/rules");
    mia.post("/rules/pause", "location=");
    assert!(mia.get("/rules").body.contains(">Undo<"));
    // An answer that came while the page was open is not overridden.
    let seen = mia.seen("/appointments/A5", "/appointments/A5/outcome");
    sql("UPDATE outcomes SET outcome = 'wants_cancel', source = 'reply', since = 2 WHERE appointment_id = 'A5'");
    mia.post("/appointments/A5/outcome", &format!("seen={seen}&outcome=confirmed"));
    assert!(mia.said("/appointments/A5").contains("changed meanwhile"));
    let wish = "SELECT count(*) FROM outcomes WHERE appointment_id = 'A5' AND outcome = 'wants_cancel'";
    assert_eq!(page.practice.number(wish), 1);
    // What somebody else recorded stays.
    assert!(act("call", "A5", "result=reached"));
    dan.post("/calls/1/undo", "");
    assert!(dan.said("/worklist").contains("somebody else recorded this call"));
    assert_eq!(page.practice.number("SELECT count(*) FROM calls WHERE undone_at IS NULL"), 1);
}

#[test]
fn a_manager_manages_the_users_and_a_manager_always_remains() {
    let location =
        "[[location]]\nid = \"south\"\nname = \"South\"\nphone = \"+13035550111\"\nfrom_number = \"+13035550198\"\n";
    let page = Page::start(&[("mia", "manager"), ("max", "manager"), ("dan", "desk"), ("lou", "look")], BOOK, location);
    add_user(&page.practice, "sol", &["--role", "manager", "--location", "south"]);
    let (mia, sol) = (page.browser("mia"), page.browser("sol"));
    let users = || {
        let connection = page.practice.sql();
        let mut statement =
            connection.prepare("SELECT name || ' ' || role || coalesce(' ' || locations, '') FROM desk_users").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<Vec<String>, _>>().unwrap().join("; ")
    };
    let before = users();
    assert_eq!(before, "dan desk; lou look; max manager; mia manager; sol manager [\"south\"]");
    // A manager of one location manages no users, and nobody manages themselves.
    assert_eq!((sol.get("/users").status, sol.post("/users/dan/remove", "").status), (403, 403));
    assert!(!sol.get("/").body.contains("href=\"/users\"") && mia.get("/").body.contains("href=\"/users\""));
    for act in ["change", "remove", "password"] {
        let fields = "seen=x&role=look&new=horses+and+carts&again=horses+and+carts";
        assert_eq!(mia.post(&format!("/users/mia/{act}"), fields).status, 404, "{act}");
    }
    // Added, with a password that is checked.
    let new = "&role=desk&scope=only&location.south=1&new=horses+and+carts&again=horses+and+carts";
    for (fields, says) in [
        ("name=a+b".to_owned() + new, "a user name has"),
        ("name=dan".to_owned() + new, "a user dan already"),
        ("name=kim".to_owned() + &new.replace("again=horses", "again=houses"), "are not the same"),
        ("name=kim".to_owned() + &new.replace("horses+and+carts", "short"), "too short"),
        ("name=kim".to_owned() + &new.replace("&location.south=1", ""), "at least one location"),
    ] {
        assert_eq!(mia.post("/users/add", &fields).status, 303);
        assert!(mia.said("/users").contains(says), "{says}: {}", mia.said("/users"));
    }
    assert_eq!(users(), before);
    mia.post("/users/add", &format!("name=Kim{new}"));
    assert!(mia.said("/users").contains("kim may now log in"));
    assert!(users().contains("kim desk [\"south\"]"), "{}", users());
    let added = "SELECT count(*) FROM audit WHERE act = 'user-added' AND code = 'kim' AND who = 'mia'";
    assert_eq!(page.practice.number(added), 1);
    let mut kim = Browser { port: page.port, cookies: String::new(), token: String::new() };
    assert_eq!(kim.log_in("kim", "horses and carts").status, 303);
    // Changed and undone; a change that somebody else made meanwhile is told.
    let seen = mia.seen("/users", "/users/dan/change");
    mia.post("/users/dan/change", &format!("seen={seen}&role=look&scope=all"));
    assert!(users().contains("dan look;"), "{}", users());
    let undo = mia.get("/users").body;
    let undo = undo.split("<div class=\"flash").nth(1).unwrap().split("</form>").next().unwrap();
    let fields: Vec<String> = ["role", "seen"]
        .iter()
        .map(|name| {
            let value = undo.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
            format!("{name}={value}")
        })
        .collect();
    mia.post("/users/dan/change", &fields.join("&"));
    assert!(users().contains("dan desk;"), "{}", users());
    mia.post("/users/dan/change", "seen=old&role=manager&scope=all");
    assert!(mia.said("/users").contains("changed or removed meanwhile"));
    assert!(users().contains("dan desk;"), "{}", users());
    // A new password ends the sessions; a removed user is logged out.
    kim = page.browser("dan");
    let seen = mia.seen("/users", "/users/dan/password");
    mia.post("/users/dan/password", &format!("seen={seen}&new=carts+and+horses&again=carts+and+horses"));
    assert_eq!(kim.get("/worklist").status, 303);
    assert_eq!(kim.log_in("dan", "carts and horses").status, 303);
    let max = page.browser("max");
    let seen = mia.seen("/users", "/users/max/remove");
    mia.post("/users/max/remove", &format!("seen={seen}"));
    assert_eq!(max.get("/worklist").status, 303);
    assert!(!users().contains("max") && users().contains("mia manager"), "{}", users());
}

#[test]
fn a_held_change_shows_what_it_would_do_and_which_rules_apply_meanwhile() {
    let mut page = Page::start(&[("mia", "manager")], &visits_due_in(90, 25), "");
    let mia = page.browser("mia");
    let live = std::fs::read_to_string(page.practice.path("config.toml")).unwrap();
    let daemon = page.daemon.as_mut().unwrap();
    let reload = |daemon: &mut Daemon, config: String| {
        std::fs::write(page.practice.path("config.toml"), config).unwrap();
        daemon.signal(rustix::process::Signal::HUP);
    };
    // With this lead all due times are past and nothing goes out, so the next change sends everything.
    reload(daemon, live.replace("24 hours", "30 hours"));
    daemon.until("configuration reloaded");
    let other = live.replace("name = \"day-before\"", "name = \"other-rule\"");
    reload(daemon, other.replace("24 hours\"", "24 hours\"\nbooked_late = \"send\""));
    daemon.until("it would send 25 texts within one day");
    let rules = mia.get("/rules").body;
    assert!(rules.contains("It would send 25 texts within a day"), "{rules}");
    assert!(rules.contains("the previous rules stay in effect") && !rules.contains("nothing is sent"), "{rules}");
    assert!(mia.get("/").body.contains("the previous rules stay in effect"));
    let table = rules.split("What it changes, as of").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(table.contains("<td>other-rule</td><td>25</td>"), "{table}");
    // Found at the start, it stops sending, and the page says so.
    page.stop();
    let mut daemon = Daemon::start(&page.practice, "k");
    daemon.until("nothing is sent: the configuration is held");
    daemon.until("the front desk's page is served at");
    page.daemon = Some(daemon);
    let rules = page.browser("mia").get("/rules").body;
    assert!(rules.contains("nothing is sent") && rules.contains("<td>other-rule</td><td>25</td>"), "{rules}");
}

#[test]
fn times_are_in_the_locations_zone_and_reasons_in_the_staffs_language() {
    // Two hours east of the practice, where it is about noon.
    let east = 14 - i64::from(chrono::Timelike::hour(&now()));
    let zone = format!("GMT{}{}", if east > 0 { '-' } else { '+' }, east.abs());
    let zone = if east == 0 { "GMT".to_owned() } else { zone };
    let location = format!(
        "language = \"es\"\n[[location]]\nid = \"east\"\nname = \"East\"\nphone = \"+13035550111\"\n\
         from_number = \"+13035550198\"\ntimezone = \"Etc/{zone}\"\n"
    );
    let start = now() + chrono::TimeDelta::hours(3);
    let at = start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let book = format!(
        "id,patient_id,first_name,last_name,phone,starts_at,status,location\n\
         E1,P1,Zebulon,Lee,+13035551001,{at},booked,east\nN1,P2,Near,Lee,+13035551002,{at},booked,\n"
    );
    let page = Page::start(&[("mia", "manager")], &book, &location);
    let mia = page.browser("mia");
    let clock = (start + chrono::TimeDelta::hours(east)).format("%-I:%M").to_string();
    let east = mia.get("/appointments/E1").body;
    assert!(east.contains(&format!("{clock} ")) && east.contains(&format!("({zone})")), "{east}");
    let near = mia.get("/appointments/N1").body;
    assert!(!near.contains(&format!("({zone})")), "{near}");
    // Both stand on Today, each with its own clock.
    let today = mia.get("/").body;
    assert!(today.contains("Zebulon") && today.contains(&format!("({zone})")), "{today}");
    assert!(near.contains("24 horas antes de la cita es: ") && !near.contains("before the appointment"), "{near}");
    let health = mia.get("/health").body;
    assert!(
        health.contains("en marcha: los pacientes reciben mensajes") && health.contains("Zonas horarias"),
        "{health}"
    );
    for english in ["running", "free in", "imported", "patients are texted"] {
        assert!(!health.contains(english), "{english}: {health}");
    }
}

#[test]
fn a_proxy_reaches_the_page_through_a_socket() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let socket = practice.path("desk.sock");
    let config = format!(
        "{}[desk]\nlisten = \"unix:{}\"\nbehind_proxy = true\nhosts = [\"desk.example.com\"]\n",
        live_config(&sandbox.base_url),
        socket.display()
    );
    std::fs::write(practice.path("config.toml"), config).unwrap();
    add_user(&practice, "kim", &["--role", "desk"]);
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("the front desk's page is served at");
    let ask = |from: &str, password: &str| {
        let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
        let body = format!("user=kim&password={}", password.replace(' ', "+"));
        write!(
            stream,
            "POST /login HTTP/1.1\r\nHost: desk.example.com\r\nOrigin: https://desk.example.com\r\n\
             X-Forwarded-For: {from}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for _ in 0..5 {
        assert!(ask("10.0.0.1", "wrong password").contains("is wrong"));
    }
    assert!(ask("10.0.0.1", PASSWORD).contains("Too many wrong passwords"));
    let answer = ask("10.0.0.2", PASSWORD);
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("__Host-leadtime="), "{answer}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&socket).unwrap().permissions());
    assert_eq!(mode & 0o007, 0, "other users cannot connect");
    assert_eq!(daemon.stop().0, 0);
    assert!(!socket.exists(), "it is removed");
}
