//! Delivering alerts: real programs, a real web server, the real daemon.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use leadtime::alerts::channels::{Channel, Message};
use leadtime::config;
use leadtime::config::alerts::Address;
use rustix::process::Signal;

use super::program::{Daemon, Practice, Sandbox, live_config, visits_due_in};

/// A web server that answers with these statuses in order, and repeats the last one.
pub(crate) struct Listener {
    pub(crate) url: String,
    requests: Receiver<(String, String)>,
}

impl Listener {
    pub(crate) fn start(statuses: &'static [u16]) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook/secret-token", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
                let mut reader = BufReader::new(stream.unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                        length = number.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let status = statuses[n.min(statuses.len() - 1)];
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nlocation: http://127.0.0.1:9/elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                // Record the request before answering: the test may check as soon as it has the answer.
                if sender.send((head, String::from_utf8(body).unwrap())).is_err() {
                    return;
                }
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        Listener { url, requests }
    }

    /// The next request: its first line and its body.
    pub(crate) fn next(&self) -> (String, String) {
        let (head, body) = self.requests.recv_timeout(Duration::from_secs(60)).unwrap();
        (head.lines().next().unwrap().to_owned(), body)
    }

    pub(crate) fn has_more(&self) -> bool {
        self.requests.try_recv().is_ok()
    }
}

fn write_program(path: &Path, script: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

const OBSERVE: &str = "[practice]\nname = \"Bright Smiles\"\nphone = \"+13035550100\"\nfrom_number = \"+15551234567\"\n\
    timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"1 day\"\n[database]\npath = \"test.db\"\n";

#[test]
fn a_test_alert_uses_every_channel() {
    let listener = Listener::start(&[204]);
    let practice = Practice::new("");
    let (notify, sendmail) = (practice.path("notify"), practice.path("sendmail"));
    write_program(&notify, "{ echo \"$@\"; env; cat; } > \"$1\"");
    write_program(&sendmail, "here=${0%/*}\n{ echo \"$@\"; cat; } > \"$here/mail\"");
    let told = practice.path("told");
    let alerts = format!(
        "[alerts]\ncommand = [{:?}, {:?}, \"$(id); two words\"]\nwebhook = {:?}\nmail = \"frontdesk@example.com\"\n",
        notify.display().to_string(),
        told.display().to_string(),
        listener.url
    );
    std::fs::write(practice.path("config.toml"), format!("{OBSERVE}{alerts}")).unwrap();
    let folder = practice.folder.path().display().to_string();
    let run = || {
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        let mut command = practice.command(&["alert-test"]);
        super::program::Ended::from(command.env("PATH", path).env("ANNIE_API_KEY", "annie-sk").output().unwrap())
    };
    let said = run().good();
    assert_eq!(said.matches("done:").count(), 3, "{said}");
    let command = std::fs::read_to_string(&told).unwrap();
    assert!(command.contains("told $(id); two words\n"), "a shell interpreted the arguments: {command}");
    for part in [
        "LEADTIME_ALERT_KIND=test\n",
        "LEADTIME_ALERT_EVENT=test\n",
        "LEADTIME_ALERT_SUBJECT=Leadtime (Bright Smiles): this is a test\n",
        "LEADTIME_ALERT_SINCE=20",
        "LEADTIME_ALERT_COUNT=0\n",
        "Leadtime (Bright Smiles): this is a test.\n\nSomeone ran `leadtime alert-test`.",
    ] {
        assert!(command.contains(part), "{part} in {command}");
    }
    assert!(!command.contains("annie-sk"), "the command received the API key");
    let (head, body) = listener.next();
    assert_eq!(head, "POST /hook/secret-token HTTP/1.1");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(body["text"].as_str().unwrap().contains("this is a test"), "{body}");
    let mail = std::fs::read_to_string(practice.path("mail")).unwrap();
    assert!(mail.starts_with("-i -- frontdesk@example.com\nTo: frontdesk@example.com\nSubject: Leadtime ("), "{mail}");

    // A failing channel is reported, and the others are still used.
    write_program(&notify, "exit 3");
    std::fs::remove_file(&sendmail).unwrap();
    let failed = run();
    assert_eq!(failed.code, 1);
    assert!(failed.out.contains("exit status: 3") && failed.out.contains("no sendmail program"), "{}", failed.out);
    assert_eq!(failed.out.matches("done:").count(), 1, "{}", failed.out);
}

#[test]
fn without_a_channel_the_test_alert_fails() {
    let ended = Practice::new(OBSERVE).run(&["alert-test"]);
    assert!(ended.code == 1 && ended.err.contains("[alerts]"), "{}", ended.err);
}

#[test]
fn bad_alerts_and_metrics_settings_are_rejected() {
    let wrong = "[alerts]\ncommand = [\"notify\"]\nwebhook = \"http://example.com/secret-token\"\nwebhook_file = \"f\"\n\
        mail = \"-oops\"\nrepeat_after = \"1 second\"\nheartbeat_every = \"5 minutes\"\nloud = true\n\
        [metrics]\nlisten = \"0.0.0.0:9464\"\nport = 1\n";
    let ended = Practice::new(&format!("{OBSERVE}{wrong}")).run(&["check"]);
    assert_eq!(ended.code, 2);
    let all = format!("{}{}", ended.out, ended.err);
    for part in [
        "the full path of the program",
        "use https",
        "expected one email address",
        "`1 second` is out of range",
        "no `heartbeat_url` is set",
        "has no key `loud`",
        "this is not a local address",
        "has no key `port`",
        "config.toml:13:11",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
    assert!(!all.contains("secret-token"), "{all}");
    let good = "[alerts]\ncommand = [\"/bin/true\"]\nwebhook_file = \"hook\"\nmail = \"root\"\nrepeat_after = \"1 hour\"\n\
        unresolved_after = \"20 minutes\"\nheartbeat_url = \"https://example.com/x\"\nheartbeat_every = \"1 minute\"\n\
        [metrics]\nlisten = \"unix:/run/leadtime/metrics.sock\"\n";
    Practice::new(&format!("{OBSERVE}{good}")).run(&["check"]).good();
    let in_a_file = good.replace("heartbeat_url = \"https://example.com/x\"", "heartbeat_url_file = \"pulse\"");
    Practice::new(&format!("{OBSERVE}{in_a_file}")).run(&["check"]).good();
    let both = good.replace("heartbeat_url =", "heartbeat_url_file = \"pulse\"\nheartbeat_url =");
    let ended = Practice::new(&format!("{OBSERVE}{both}")).run(&["check"]);
    assert!(ended.code == 2 && ended.err.contains("keep only one of them"), "{} {}", ended.out, ended.err);
}

fn test_message() -> Message {
    let practice = Practice::new(OBSERVE);
    let (config, _) = config::load(&practice.path("config.toml")).unwrap();
    Message::test(&config, "2026-11-24T17:00:00Z".parse().unwrap())
}

async fn post(address: Address, tries: usize) -> Result<(), String> {
    Channel::Webhook(address).take(&test_message(), &vec![Duration::from_millis(1); tries]).await
}

#[tokio::test]
async fn a_failing_webhook_is_retried_and_redirects_are_not_followed() {
    let address_of = |listener: &Listener| Address::Here(listener.url.clone().into());
    let listener = Listener::start(&[500, 429, 200]);
    post(address_of(&listener), 5).await.unwrap();
    assert!(listener.next() == listener.next() && listener.has_more());
    // Three tries in all, and no more.
    let listener = Listener::start(&[503]);
    assert!(post(address_of(&listener), 2).await.unwrap_err().contains("503"));
    assert_eq!((0..10).filter(|_| listener.has_more()).count(), 3);
    // A permanent refusal is not retried, and a redirect is not followed, because it would send the text elsewhere.
    for statuses in [&[404][..], &[302][..]] {
        let listener = Listener::start(statuses);
        let why = post(address_of(&listener), 5).await.unwrap_err();
        assert!(why.contains(&statuses[0].to_string()) && !why.contains("secret-token"), "{why}");
        assert_eq!((0..10).filter(|_| listener.has_more()).count(), 1);
    }
    let unreachable = post(Address::Here("http://127.0.0.1:9/secret-token".to_owned().into()), 1).await.unwrap_err();
    assert!(unreachable.contains("no connection") && !unreachable.contains("secret-token"), "{unreachable}");
}

#[tokio::test]
async fn a_webhook_address_is_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hook");
    let listener = Listener::start(&[200]);
    assert!(post(Address::File(path.clone()), 0).await.unwrap_err().contains("cannot read the web address"));
    std::fs::write(&path, "not-a-secret-url\n").unwrap();
    let why = post(Address::File(path.clone()), 0).await.unwrap_err();
    assert!(why.contains("does not contain a usable web address") && !why.contains("not-a-secret"), "{why}");
    std::fs::write(&path, format!("{}\n", listener.url)).unwrap();
    post(Address::File(path), 0).await.unwrap();
    assert!(listener.next().0.starts_with("POST /hook"));
}

/// The whole sequence: a refused key, a restart, a bad configuration, a good one, with heartbeats throughout.
#[test]
fn the_daemon_sends_alerts_and_a_restart_neither_repeats_nor_forgets_them() {
    let (listener, pulse) = (Listener::start(&[500, 200]), Listener::start(&[200]));
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "another-key"]);
    let alerts = format!(
        "[alerts]\nwebhook = {:?}\nheartbeat_url_file = \"pulse\"\nheartbeat_every = \"10 seconds\"\n",
        listener.url
    );
    std::fs::write(practice.path("pulse"), format!("{}\n", pulse.url)).unwrap();
    let good = format!("{}{alerts}", live_config(&sandbox.base_url));
    std::fs::write(practice.path("config.toml"), &good).unwrap();
    practice.import(&visits_due_in(4, 3), &[]).good();
    let text = |listener: &Listener| {
        let (_, body) = listener.next();
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["text"].as_str().unwrap().to_owned()
    };
    let mut daemon = Daemon::start(&practice, "k");
    // The first try gets status 500, and the daemon tries again.
    let first = text(&listener);
    assert!(
        first.contains("no texts are going out: Annie refuses them all") && first.contains("What to do:"),
        "{first}"
    );
    assert_eq!(text(&listener), first);
    assert!(pulse.next().0.starts_with("GET /hook/secret-token"));
    daemon.until("was sent by webhook");
    let (_, log) = daemon.stop();
    assert!(!log.contains("secret-token"), "{log}");

    let mut daemon = Daemon::start(&practice, "k");
    std::fs::write(practice.path("config.toml"), format!("{good}loud = true\n")).unwrap();
    daemon.signal(Signal::HUP);
    let next = text(&listener);
    assert!(
        next.contains("the changed configuration is not in effect"),
        "the alert about the refused key was sent before the restart: {next}"
    );
    daemon.until("was sent by webhook");
    std::fs::write(practice.path("config.toml"), good).unwrap();
    daemon.signal(Signal::HUP);
    assert!(text(&listener).contains("resolved: the configuration is in effect"));
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("secret-token") && !listener.has_more(), "{log}");
}
