//! Foreign programs that the tests talk to: a FHIR server and senders of HL7 messages (`tests/peers/install`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;

use super::shared::not_run;

/// Where they are installed, or `None` with a message.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let is_there =
        folder.join("node_modules/@medplum/fhir-router").exists() && folder.join("venv/bin/mllp_send").exists();
    if !is_there {
        not_run("the foreign FHIR server and HL7 senders are not installed (run tests/peers/install)");
        return None;
    }
    for script in ["fhir-server.mjs", "send-hl7.mjs"] {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
        if std::fs::read(&own).unwrap() != std::fs::read(folder.join(script)).unwrap_or_default() {
            std::fs::copy(&own, folder.join(script)).unwrap();
        }
    }
    Some(folder)
}

/// A running FHIR server.
pub(crate) struct FhirServer {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Value>>>,
    stop: std::process::ChildStdin,
    _kept: TempDir,
}

impl FhirServer {
    /// Starts the server with these resources. `hostile`: environment variables that make it misbehave.
    pub(crate) fn start(resources: &[Value], options: &[&str], hostile: &[(&str, &str)]) -> Option<FhirServer> {
        let folder = folder()?;
        let kept = tempfile::tempdir().unwrap();
        let entries: Vec<Value> = resources.iter().map(|one| serde_json::json!({ "resource": one })).collect();
        let bundle = serde_json::json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
        let seed = kept.path().join("seed.json");
        std::fs::write(&seed, bundle.to_string()).unwrap();
        // `sh` ends the server when its standard input is closed, which happens at the latest with this process.
        let script = "\"$@\" & server=$!; read -r _; kill $server";
        let mut command = Command::new("sh");
        command
            .args(["-c", script, "sh", "node"])
            .arg(folder.join("fhir-server.mjs"))
            .arg("0")
            .arg(&seed)
            .args(options);
        command.envs(hostile.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (tell, told): (_, Receiver<u16>) = channel();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (heard, out) = (requests.clone(), child.stdout.take().unwrap());
        let stop = child.stdin.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let Ok(line) = line else { break };
                match line.strip_prefix("ready ") {
                    Some(port) => tell.send(port.parse().unwrap()).unwrap(),
                    None => heard.lock().unwrap().push(serde_json::from_str(&line).unwrap()),
                }
            }
            let _ = child.wait();
        });
        Some(FhirServer { port: told.recv().expect("the FHIR server did not start"), requests, stop, _kept: kept })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/fhir", self.port)
    }

    /// The requests so far: method, url, status, authorized.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    /// Creates or replaces a resource.
    pub(crate) fn put(&self, resource: &Value, header: &str) {
        let path = format!("/fhir/{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        let answer = self.request("PUT", &path, header, &resource.to_string());
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }

    /// Reads a resource.
    pub(crate) fn get(&self, path: &str, header: &str) -> Value {
        let answer = self.request("GET", &format!("/fhir/{path}"), header, "");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let json = &body[body.find('{').unwrap()..=body.rfind('}').unwrap()];
        serde_json::from_str(json).unwrap()
    }

    fn request(&self, method: &str, path: &str, header: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{header}Content-Type: application/fhir+json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for FhirServer {
    fn drop(&mut self) {
        let _ = self.stop.write_all(b"\n");
    }
}
