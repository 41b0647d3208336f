//! Judges a record of requests: texts that went out twice, and documented rules that were broken.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// The result of judging a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Report {
    /// Requests of all kinds.
    pub(crate) requests: u64,
    /// `POST /sms` among them.
    pub(crate) posts: u64,
    /// Texts that went out.
    pub(crate) texts: u64,
    /// Texts that repeated what an earlier one had told the patient.
    pub(crate) duplicates: u64,
    /// Requests that broke a documented rule, by rule.
    pub(crate) rules_broken: BTreeMap<String, u64>,
    /// Second tries of a text without a clear answer, refused by the 24-hour rule because the first had arrived.
    pub(crate) retries_refused: u64,
    /// Faults that were made on purpose.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Lines that cannot be read.
    pub(crate) unreadable: u64,
}

impl Report {
    /// Whether no one was texted twice and no rule was broken.
    pub(crate) fn is_clean(&self) -> bool {
        self.duplicates == 0 && self.rules_broken.is_empty() && self.unreadable == 0
    }
}

/// Judges the lines of a record. A text repeats another if it goes to the same number about the same appointment and
/// start in the same words, or, without an appointment, in the same words within a day.
pub(crate) fn judge<'a>(lines: impl IntoIterator<Item = &'a str>) -> Report {
    let mut report = Report::default();
    let mut told: HashMap<[String; 4], DateTime<Utc>> = HashMap::new();
    for line in lines.into_iter().filter(|line| !line.trim().is_empty()) {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            report.unreadable += 1;
            continue;
        };
        report.requests += 1;
        if let Some(fault) = line["fault"].as_str() {
            *report.faults.entry(fault.to_owned()).or_default() += 1;
        }
        let text = |path: &str| line.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let about = [
            text("/request/toNumber"),
            text("/request/appointmentInfo/appointmentId"),
            text("/request/appointmentInfo/startTime"),
            text("/request/message"),
        ];
        let at = DateTime::parse_from_rfc3339(&text("/at")).map(|at| at.to_utc()).unwrap_or_default();
        let is_post = line["method"] == "POST" && line["path"].as_str().is_some_and(|path| path.ends_with("/sms"));
        report.posts += u64::from(is_post);
        let again = told.get(&about).is_some_and(|before| !about[1].is_empty() || at - *before < TimeDelta::days(1));
        match line["broke"].as_str() {
            Some("gap") if again => report.retries_refused += 1,
            Some(broke) => *report.rules_broken.entry(broke.to_owned()).or_default() += 1,
            None => {}
        }
        if is_post && line["conversationId"].is_string() {
            report.texts += 1;
            report.duplicates += u64::from(again);
            told.insert(about, at);
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn post(at: &str, appointment: &str, message: &str, begun: bool, broke: Option<&str>) -> String {
        let request = json!({ "toNumber": "+1", "message": message,
                              "appointmentInfo": { "appointmentId": appointment, "startTime": "t" } });
        let id = begun.then_some("c");
        json!({ "at": at, "method": "POST", "path": "/v1/sms", "request": request, "status": 200,
                "conversationId": id, "broke": broke, "fault": null })
        .to_string()
    }

    #[test]
    fn duplicates_and_broken_rules_are_found() {
        let lines = [
            post("2026-11-09T17:00:00Z", "a", "Hi", true, None),
            post("2026-11-09T17:20:00Z", "a", "Hi", false, Some("gap")),
            post("2026-11-11T17:00:00Z", "a", "Hi", true, None),
            post("2026-11-12T18:00:00Z", "a", "Tomorrow", true, None),
            post("2026-11-12T18:30:00Z", "b", "Hi", false, Some("gap")),
            "nonsense".to_owned(),
        ];
        let report = judge(lines.iter().map(String::as_str));
        assert_eq!((report.posts, report.texts, report.duplicates, report.retries_refused), (5, 3, 1, 1));
        assert_eq!((report.rules_broken.get("gap"), report.unreadable), (Some(&1), 1));
        assert!(!report.is_clean());
        assert!(judge([lines[0].as_str()]).is_clean());
    }
}
