//! The metrics page of the real daemon, as a monitoring system reads it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

use super::program::{Daemon, Practice, Sandbox, live_config, record, visits_due_in};

fn get(mut stream: impl Read + Write, path: &str) -> (String, String) {
    get_as(&mut stream, path, "localhost")
}

fn get_as(mut stream: impl Read + Write, path: &str, host: &str) -> (String, String) {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The lines that are not comments: name with labels, and value.
fn values(body: &str) -> BTreeMap<&str, f64> {
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap()).map(|(name, value)| (name, value.parse().unwrap())).collect()
}

fn address_in(log: &str) -> String {
    log.split("http://").find_map(|part| part.split_once("/metrics")).unwrap().0.to_owned()
}

#[test]
fn metrics_on_a_port_survive_a_restart_and_contain_nothing_private() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &[]);
    let config = format!("{}[metrics]\nlisten = \"127.0.0.1:0\"\n", live_config(&sandbox.base_url));
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(4, 3), &[]).good();
    let mut daemon = Daemon::start(&practice, "k");
    let address = address_in(daemon.heard());
    for _ in 0..3 {
        sandbox.post();
        daemon.until("sent `");
    }
    let (head, body) = get_as(TcpStream::connect(&address).unwrap(), "/metrics", &address);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("openmetrics-text"), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    let all = values(&body);
    for (name, value) in [
        ("leadtime_sent_total", 3.0),
        ("leadtime_api_answers_total{class=\"sent\"}", 3.0),
        ("leadtime_api_answers_total{class=\"rejected\"}", 0.0),
        ("leadtime_lateness_seconds_count", 3.0),
        ("leadtime_due", 0.0),
        ("leadtime_due_unresolved", 0.0),
        ("leadtime_unknown", 0.0),
        ("leadtime_held", 0.0),
        ("leadtime_circuits_open", 0.0),
        ("leadtime_alert{kind=\"circuit\"}", 0.0),
        ("leadtime_failed_passes_total", 0.0),
    ] {
        assert_eq!(all.get(name), Some(&value), "{name} in {body}");
    }
    assert!(all["leadtime_feed_age_seconds"] < 60.0 && all["leadtime_last_pass_age_seconds"] < 60.0, "{body}");
    assert!(all["leadtime_pass_seconds_count"] > 0.0, "{body}");
    assert!(!all.contains_key("leadtime_last_backup_age_seconds"), "no backup has been made");
    for request in record(&practice).iter().filter(|request| request["body"].is_object()) {
        for private in ["toNumber", "message"].map(|key| request["body"][key].as_str().unwrap_or("?none?")) {
            assert!(!body.contains(private) && !body.contains(&private[1..]), "{private} in {body}");
        }
    }
    assert!(get_as(TcpStream::connect(&address).unwrap(), "/", &address).0.starts_with("HTTP/1.1 404"));
    daemon.stop();
    practice.run(&["note-outcome", "A0", "confirmed"]).good();
    practice.run(&["note-outcome", "A1", "wants_cancel"]).good();

    let daemon = Daemon::start(&practice, "k");
    let address = address_in(daemon.heard());
    let (_, body) = get_as(TcpStream::connect(&address).unwrap(), "/metrics", &address);
    let again = values(&body);
    for (name, value) in [
        ("leadtime_outcomes{outcome=\"confirmed\"}", 1.0),
        ("leadtime_outcomes{outcome=\"wants_cancel\"}", 1.0),
        ("leadtime_tasks_open{kind=\"reply\"}", 0.0),
        ("leadtime_tasks_open_age{age=\"over-24h\"}", 0.0),
    ] {
        assert_eq!(again.get(name), Some(&value), "{name} in {body}");
    }
    for name in ["leadtime_sent_total", "leadtime_lateness_seconds_count", "leadtime_lateness_seconds_sum"] {
        assert_eq!(again.get(name), all.get(name), "{name} after a restart");
    }
}

#[test]
fn metrics_are_served_on_a_leftover_socket_but_never_replace_a_file() {
    let practice = Practice::new("");
    let socket = practice.path("metrics.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let config = format!(
        "{}[metrics]\nlisten = \"unix:{}\"\n",
        live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\""),
        socket.display()
    );
    std::fs::write(practice.path("config.toml"), &config).unwrap();
    let daemon = Daemon::start(&practice, "k");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (head, body) = get(UnixStream::connect(&socket).unwrap(), "/metrics");
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("leadtime_build_info{version="), "{head}\n{body}");
    daemon.stop();
    assert!(!socket.exists(), "the socket is removed when the daemon stops");

    // A file that is not a socket is left alone, and texts are still sent.
    std::fs::write(&socket, "somebody's").unwrap();
    let (code, log) = Daemon::start(&practice, "k").stop();
    assert_eq!(code, 0);
    assert!(log.contains("is not served") && log.contains("systemctl reload"), "{log}");
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "somebody's");
}

/// Many clients hold their connections open and send nothing: texts still go out on time, and a normal request is
/// answered once those clients are gone. A request under another host name is refused.
#[test]
fn idle_connections_delay_no_text_and_a_foreign_host_name_is_refused() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &[]);
    let config = format!("{}[metrics]\nlisten = \"127.0.0.1:0\"\n", live_config(&sandbox.base_url));
    std::fs::write(practice.path("config.toml"), config).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    let address = address_in(daemon.heard());
    let (head, _) = get_as(TcpStream::connect(&address).unwrap(), "/metrics", "evil.example:9464");
    assert!(head.starts_with("HTTP/1.1 421"), "{head}");
    let crowd: Vec<TcpStream> = (0..120).map(|_| TcpStream::connect(&address).unwrap()).collect();
    practice.import(&visits_due_in(4, 20), &[]).good();
    for _ in 0..20 {
        sandbox.post();
        daemon.until("sent `");
    }
    // Far fewer connections than the crowd made use a file descriptor.
    let open = std::fs::read_dir(format!("/proc/{}/fd", daemon.pid().as_raw_nonzero())).unwrap().count();
    assert!(open < 100, "{open} descriptors");
    drop(crowd);
    let (head, body) = get_as(TcpStream::connect(&address).unwrap(), "/metrics", &address);
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("leadtime_sent_total 20"), "{head}");
}

#[test]
fn a_configured_group_may_use_the_metrics_socket() {
    let practice = Practice::new("");
    let socket = practice.path("metrics.sock");
    let config = |group: &str| {
        let observe = live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\"");
        let text = format!("{observe}[metrics]\nlisten = \"unix:{}\"\ngroup = \"{group}\"\n", socket.display());
        std::fs::write(practice.path("config.toml"), text).unwrap();
    };
    // The group of the user that runs this test: a socket cannot be given to any other group.
    let own = std::os::unix::fs::MetadataExt::gid(&std::fs::metadata(practice.folder.path()).unwrap());
    config(&own.to_string());
    let daemon = Daemon::start(&practice, "k");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    daemon.stop();
    config("no-such-group");
    let (code, log) = Daemon::start(&practice, "k").stop();
    assert!(code == 0 && log.contains("there is no group no-such-group"), "{log}");
}

#[test]
fn the_example_prometheus_rules_use_only_existing_metrics() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = std::fs::read_to_string(root.join("docs/prometheus-rules.yml")).unwrap();
    let page = std::fs::read_to_string(root.join("src/metrics/page.rs")).unwrap();
    let names: Vec<&str> = rules
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter_map(|word| word.strip_prefix("leadtime_"))
        .map(|name| name.trim_end_matches("_total").trim_end_matches("_bucket"))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("\"{name}\"")), "leadtime_{name}");
    }
    for kind in rules.split("kind=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let known = |kind: &str| leadtime::alerts::rules::Kind::ALL.iter().any(|(_, code)| *code == kind);
        assert!(kind == "~" || known(kind), "{kind}");
    }
}
