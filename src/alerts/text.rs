//! What an alert says: what happened, since when, and what to do, for the front desk. Counts only, never a name.

use crate::alerts::rules::{Alert, AlertCause, Event, Kind};
use crate::config::Config;

/// The words of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertText {
    /// One line.
    pub subject: String,
    /// The whole message.
    pub text: String,
}

/// The words of an alert, in the practice's time zone.
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
        Event::Over => (format!("resolved: {}", over(alert.kind)), format!("It began {since}. No action needed.\n")),
        Event::Test => {
            let text = "Someone ran `leadtime alert-test`. Alerts about reminders will reach you this way. No action needed.\n";
            ("this is a test".to_owned(), text.to_owned())
        }
    };
    let subject = format!("Leadtime ({}): {subject}", config.practice.name);
    AlertText { text: format!("{subject}.\n\n{rest}"), subject }
}

/// Turns a detail into a sentence: starts with a capital letter and ends with a period.
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
            format!("texts from {} are not going out: Annie refuses the API key", some(n, "location", "locations"))
        }
        Kind::Circuit => "no texts are going out: Annie refuses them all".to_owned(),
        Kind::Refusals => format!("Annie rejected {} in a row", some(n, "text", "texts")),
        Kind::Held => format!("{} your decision", some(n, "text needs", "texts need")),
        Kind::Missed if n == 1 => "1 reminder was not sent in time or could not be confirmed".to_owned(),
        Kind::Missed => format!("{n} reminders were not sent in time or could not be confirmed"),
        Kind::StaleFeed => "no texts are going out: the appointment list is out of date".to_owned(),
        Kind::Feed => "some new appointments were not imported".to_owned(),
        Kind::Disk => "no texts are going out: the database cannot be used".to_owned(),
        Kind::DatabaseReplaced => {
            "no texts are going out: Leadtime stopped because its database was replaced".to_owned()
        }
        Kind::Clock => "no texts are going out: this server's clock is wrong".to_owned(),
        Kind::BackupFailed => "no new backup was made".to_owned(),
        Kind::ConfigRejected => "the changed configuration is not in effect".to_owned(),
        Kind::DailyLimit => "no more texts go out today: the daily limit is reached".to_owned(),
        Kind::CatchingUp => "no texts are going out: Annie's list of sent texts cannot be read".to_owned(),
        Kind::Unresolved => format!("{} overdue", some(n, "reminder is", "reminders are")),
        Kind::Unanswered => format!("{} waiting for someone to act", some(n, "reply is", "replies are")),
    }
}

fn over(kind: Kind) -> &'static str {
    match kind {
        Kind::Circuit => "Annie accepts the API key again",
        Kind::Refusals => "Annie accepts texts again",
        Kind::Held => "no texts need your decision any more",
        Kind::Missed => {
            "the appointments with missed reminders began at least a day ago or need no reminder, or Annie's list \
             showed that the reminders went out"
        }
        Kind::StaleFeed => "the appointment list is up to date again, or texts are going out again",
        Kind::Feed => "exports are imported again",
        Kind::Disk => "the database works again",
        Kind::DatabaseReplaced => "the database is back in place",
        Kind::Clock => "this server's clock is correct again",
        Kind::BackupFailed => "a new backup was made",
        Kind::ConfigRejected => "the configuration is in effect",
        Kind::DailyLimit => "texts are going out again",
        Kind::CatchingUp => "Annie's list was read, and texts are going out again",
        Kind::Unanswered => "no reply is waiting for someone to act any more",
        Kind::Unresolved => "each overdue reminder was sent, was missed, or now needs your decision",
    }
}

fn to_do(kind: Kind, cause: &AlertCause) -> &'static str {
    match kind {
        Kind::Circuit => {
            "Ask the person who manages Annie for you whether the API key is still valid and may send from your number. \
             If you get a new key, put it in the key file and run `systemctl restart leadtime`. Nothing is lost: \
             Leadtime keeps trying the key. Once it is accepted, every reminder that is not too late goes out."
        }
        Kind::Refusals => {
            "Call these patients; `leadtime history` lists them. Ask Annie's support whether your number may still \
             send. Leadtime tries one text every 5 minutes until one is accepted."
        }
        Kind::Held => {
            "Run `leadtime resolve`. It shows each text whose delivery is uncertain and records your decision. If in \
             doubt, call the patient."
        }
        Kind::Missed => {
            "Call these patients; `leadtime history` lists them. To see why, run `leadtime explain` with an appointment \
             id."
        }
        Kind::StaleFeed => {
            "Check whether the practice software still writes its export, then import it: `leadtime import FILE`. Texts \
             resume automatically after that."
        }
        Kind::Feed => {
            "Run `leadtime feed list` to see why. Until this is fixed, new, moved, and cancelled appointments may be \
             missing. If an import is held and the file is correct, run `leadtime feed accept NAME`."
        }
        Kind::Disk => {
            "Ask the person who looks after this server to make room on the disk or to check its health (`df -h`, \
             `dmesg`). If the database is damaged, stop the service and restore the last backup. Otherwise texts resume \
             automatically once the database works again."
        }
        Kind::DatabaseReplaced => {
            "Ask the person who looks after this server to put the correct database file back or to restore the last \
             backup, and then to run `systemctl start leadtime`. After that, check today's appointments with `leadtime \
             not-reached`."
        }
        Kind::Clock => {
            "Ask the person who looks after this server to set its clock (`timedatectl`). Texts resume automatically \
             once it agrees with Annie's."
        }
        Kind::BackupFailed => {
            "Ask the person who looks after this server to check the disk and the backup folder, and then `journalctl \
             -u leadtime`. Texts still go out in the meantime."
        }
        Kind::ConfigRejected if !cause.detail.is_empty() => {
            "Run `leadtime plan` to see what would go out. If that is what you want, run `leadtime confirm-change`. If \
             not, fix the configuration and run `systemctl reload leadtime`. Do not restart instead: that does not \
             confirm the change, and no texts would be sent."
        }
        Kind::ConfigRejected => {
            "Run `leadtime check` to see each mistake and its line, then run `systemctl reload leadtime`. Until then \
             the previous rules stay in effect, but a restart would stop all texts."
        }
        Kind::DailyLimit => {
            "If today really has this many appointments, raise `max_texts_per_day` (or `first_day_limit`) and run \
             `systemctl reload leadtime`. If not, run `leadtime plan` to see what is due: a faulty import may have \
             added too many appointments."
        }
        Kind::Unanswered => {
            "Run `leadtime tasks`. It shows what each patient wrote, urgent replies first. Call the patient, or change the \
             appointment in your practice software. Then close the task with `leadtime task done ID`."
        }
        Kind::CatchingUp => {
            "Ask the person who looks after this server to read `journalctl -u leadtime`: it says why the list cannot \
             be read. Texts resume automatically once it can. Until then no one is texted, so that no one is texted \
             twice. Run `leadtime not-reached` and call patients whose appointments are soon."
        }
        Kind::Unresolved => {
            "Run `leadtime status` to see what they are waiting for. Call patients whose appointments are soon."
        }
    }
}
