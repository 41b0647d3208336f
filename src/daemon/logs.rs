//! Where log lines go, and in which form: the journal with fields, a terminal in colour, or JSON for other collectors.
//!
//! Levels: error = somebody must act, warn = somebody should look today, info = what was done. Only Leadtime's own lines
//! are let through below `warn`: HTTP libraries print headers and bodies at their lowest level.

use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::{error, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable that sets the level: error, warn, info, debug or trace.
const VARIABLE: &str = "LEADTIME_LOG";

/// The form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on standard error; in colour on a terminal.
    Text,
    /// One JSON object a line, on standard error.
    Json,
    /// The journal of systemd, with levels and fields.
    Journal,
}

impl Format {
    /// The form where none was asked for: the journal if standard error goes there, else text.
    pub(crate) fn usual() -> Format {
        if goes_to_journal() { Format::Journal } else { Format::Text }
    }
}

/// Whether standard error is the journal's. The variable alone is inherited by whatever a service starts, also where it
/// writes elsewhere (systemd.exec(5)).
fn goes_to_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let file = std::io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from);
    let place = file.and_then(|file| file.metadata()).map(|found| format!("{}:{}", found.dev(), found.ino()));
    place.is_ok_and(|place| place == stream)
}

/// Sets logging up, once; the form that is in use. A level nobody knows counts as `info`. A fault of Leadtime's own is a
/// line too, without what it was about: that may be a patient.
pub fn init(asked: Option<Format>) -> Format {
    let written = std::env::var(VARIABLE).ok();
    let level = written.as_deref().map(str::parse::<LevelFilter>);
    let known = level.as_ref().and_then(|level| level.as_ref().ok()).copied().unwrap_or(LevelFilter::INFO);
    let filter = Targets::new().with_default(known.min(LevelFilter::WARN)).with_target("leadtime", known);
    let wanted = asked.unwrap_or_else(Format::usual);
    let journal = (wanted == Format::Journal).then(tracing_journald::layer);
    let (format, lost) = match &journal {
        Some(Err(why)) => (Format::Text, Some(why.to_string())),
        _ => (wanted, None),
    };
    let stderr = || tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer = match (format, journal) {
        (Format::Journal, Some(Ok(journal))) => journal.with_syslog_identifier("leadtime".to_owned()).boxed(),
        (Format::Json, _) => stderr().json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        _ => stderr().with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    // A second call, in tests, changes nothing.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        error!(
            place,
            "a fault of Leadtime's own at {place}: please report it with this line and the version. What was under way is taken up again"
        );
    }));
    if let Some(why) = lost {
        warn!("the journal cannot be written to ({why}): lines go to standard error");
    }
    if let Some(Err(_)) = level {
        warn!("{VARIABLE} is none of error, warn, info, debug, trace: the level is info");
    }
    format
}
