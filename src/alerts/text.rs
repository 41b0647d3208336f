//! What an alert says: what happened, since when, what to do, for somebody at a front desk. Counts only, never a name.

use crate::alerts::rules::{Alert, AlertCause, Event, Kind};
use crate::config::Config;

/// The words of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertText {
    /// One line.
    pub subject: String,
    /// The whole.
    pub text: String,
}

/// The words of a notice, on the practice's clock.
pub fn words(alert: &Alert, config: &Config) -> AlertText {
    let zone = &config.practice.zone;
    let since = zone.describe(alert.since);
    let what = happened(alert.kind, &alert.cause);
    let (subject, rest) = match alert.event {
        Event::Raised | Event::Still => {
            let still = if alert.event == Event::Still { "still: " } else { "" };
            let detail = sentence(&alert.cause.detail);
            let because = if detail.is_empty() { String::new() } else { format!(" {detail}") };
            let text = format!("Since {since}.{because}\n\nWhat to do: {}\n", to_do(alert.kind, &alert.cause));
            (format!("{still}{what}"), text)
        }
        Event::Over => (format!("over: {}", over(alert.kind)), format!("It began {since}. Nothing is to be done.\n")),
        Event::Test => {
            let text = "Somebody ran `leadtime alert-test`. Alerts about reminders reach you this way. Nothing is to be done.\n";
            ("this is a test".to_owned(), text.to_owned())
        }
    };
    let subject = format!("Leadtime, {}: {subject}", config.practice.name);
    AlertText { text: format!("{subject}.\n\n{rest}"), subject }
}

/// A sentence ends with a full stop.
fn sentence(detail: &str) -> String {
    let detail = detail.trim();
    let mut chars = detail.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => {
            let end = if detail.ends_with(['.', '!', '?']) { "" } else { "." };
            format!("{}{}{end}", first.to_uppercase(), chars.as_str())
        }
    }
}

fn some(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

fn happened(kind: Kind, cause: &AlertCause) -> String {
    let n = cause.count;
    match kind {
        Kind::Circuit if n > 0 => {
            format!("Annie refuses the texts of {}", some(n, "location", "locations"))
        }
        Kind::Circuit => "no texts go out, Annie refuses them all".to_owned(),
        Kind::Refusals => format!("Annie rejected {} in a row", some(n, "text", "texts")),
        Kind::Held => format!("{} for your decision", some(n, "text waits", "texts wait")),
        Kind::Missed if n == 1 => "1 reminder was not sent in time, or nobody knows whether it was".to_owned(),
        Kind::Missed => format!("{n} reminders were not sent in time, or nobody knows whether they were"),
        Kind::StaleFeed => "no texts go out, the list of appointments is too old".to_owned(),
        Kind::Feed => "new appointments did not all come in".to_owned(),
        Kind::Disk => "no texts go out, the database cannot be used".to_owned(),
        Kind::DatabaseReplaced => "no texts go out, Leadtime has stopped because its database was replaced".to_owned(),
        Kind::Clock => "no texts go out, this server's clock is wrong".to_owned(),
        Kind::BackupFailed => "there is no new backup".to_owned(),
        Kind::ConfigRejected => "the changed configuration is not in force".to_owned(),
        Kind::DailyLimit => "no more texts go out today, the limit of a day is reached".to_owned(),
        Kind::CatchingUp => "no texts go out, Annie's list of what was sent cannot be read".to_owned(),
        Kind::Unresolved => format!("{} overdue", some(n, "reminder is", "reminders are")),
    }
}

fn over(kind: Kind) -> &'static str {
    match kind {
        Kind::Circuit => "Annie accepts the key again",
        Kind::Refusals => "Annie accepts texts again",
        Kind::Held => "no text waits for your decision any more",
        Kind::Missed => {
            "the visits whose reminders were not sent in time began a day ago or need none, or Annie's list showed that the \
             reminders had gone out"
        }
        Kind::StaleFeed => "the list of appointments is new again, or texts go out again",
        Kind::Feed => "the exports come in again",
        Kind::Disk => "the database works again",
        Kind::DatabaseReplaced => "the database is in place again",
        Kind::Clock => "this server's clock is right again",
        Kind::BackupFailed => "there is a new backup",
        Kind::ConfigRejected => "the configuration is in force",
        Kind::DailyLimit => "texts go out again",
        Kind::CatchingUp => "Annie's list was read, and texts go out again",
        Kind::Unresolved => "each overdue reminder was sent, was missed, or waits for your decision",
    }
}

fn to_do(kind: Kind, cause: &AlertCause) -> &'static str {
    match kind {
        Kind::Circuit => {
            "ask whoever looks after Annie for you whether the API key still holds and may send from your number; put a \
             new one into its file and run `systemctl restart leadtime`. Nothing is lost: the key is tried again by \
             itself, and what is still of use goes out then."
        }
        Kind::Refusals => {
            "call these patients; `leadtime history` shows which. Ask Annie's support whether your number may still \
             send. One text is tried every 5 minutes until one is accepted."
        }
        Kind::Held => {
            "run `leadtime resolve`: it shows each text of which nobody can tell whether it went out, and takes your \
             decision. If in doubt, call the patient."
        }
        Kind::Missed => {
            "call these patients; `leadtime history` shows which, and `leadtime explain` and the id of a visit tells why."
        }
        Kind::StaleFeed => {
            "look whether the practice software still writes its export, and bring it in: `leadtime import FILE`. \
             Texts go out by themselves after that."
        }
        Kind::Feed => {
            "`leadtime feed list` says why. Until it is mended, new, moved and cancelled visits may be missing. For a held import: `leadtime feed accept NAME` if it is right."
        }
        Kind::Disk => {
            "tell whoever looks after this server: make room on the disk, or look at its health (`df -h`, `dmesg`). If the \
             database is damaged, stop the service and restore the last backup. Otherwise texts go out by themselves \
             when it works again."
        }
        Kind::DatabaseReplaced => {
            "tell whoever looks after this server: put the right database file back, or restore the last backup, then \
             run `systemctl start leadtime`. Check today's visits with `leadtime not-reached` after that."
        }
        Kind::Clock => {
            "tell whoever looks after this server: set its clock (`timedatectl`). Texts go out by themselves when it \
             agrees with Annie's."
        }
        Kind::BackupFailed => {
            "tell whoever looks after this server: look at the disk and the folder of the backups, then at `journalctl \
             -u leadtime`. Texts go out meanwhile."
        }
        Kind::ConfigRejected if !cause.detail.is_empty() => {
            "look with `leadtime plan` at what would go out. If it is meant, run `leadtime confirm-change`; if not, mend \
             the configuration and run `systemctl reload leadtime`. A restart is no confirmation: nothing would be sent."
        }
        Kind::ConfigRejected => {
            "run `leadtime check`: it shows each mistake with its line; then `systemctl reload leadtime`. The rules before \
             the change stay in force meanwhile, but a restart would stop all texts."
        }
        Kind::DailyLimit => {
            "if today really has so many visits, raise `max_texts_per_day` (or `first_day_limit`) and run `systemctl reload leadtime`; else look \
             with `leadtime plan` at what is due, because a faulty import may have brought too many visits."
        }
        Kind::CatchingUp => {
            "tell whoever looks after this server: `journalctl -u leadtime` says why the list cannot be read. Texts go out by \
             themselves when it can. Until then nobody is texted, so that nobody is texted twice: look at `leadtime \
             not-reached` and call patients whose visit is near."
        }
        Kind::Unresolved => "run `leadtime status`: it says what they wait for. Call patients whose visit is near.",
    }
}
