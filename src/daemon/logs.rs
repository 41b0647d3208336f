//! Where log lines go and in which format: the journal with fields, a terminal in color, or JSON for other collectors.
//!
//! Levels: error = someone must act, warn = someone should look today, info = what was done. Below `warn`, only
//! Leadtime's own lines are logged: HTTP libraries print headers and bodies at their lowest level.

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

/// The format of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Plain text for people, on standard error; in color on a terminal.
    Text,
    /// One JSON object per line, on standard error.
    Json,
    /// The systemd journal, with levels and fields.
    Journal,
}

impl Format {
    /// The format to use if none was requested: the journal if standard error goes there, otherwise text.
    pub(crate) fn usual() -> Format {
        if goes_to_journal() { Format::Journal } else { Format::Text }
    }
}

/// Whether standard error goes to the journal. The variable alone is not enough: everything that a service starts
/// inherits it, even if it writes elsewhere (systemd.exec(5)).
fn goes_to_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let file = std::io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from);
    let place = file.and_then(|file| file.metadata()).map(|found| format!("{}:{}", found.dev(), found.ino()));
    place.is_ok_and(|place| place == stream)
}

/// Sets up logging, once; returns the format in use. An unknown level counts as `info`. A panic is logged too, without
/// what it was about: that may be a patient. `color`: text has color.
pub fn init(asked: Option<Format>, color: bool) -> Format {
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
        _ => stderr().with_ansi(color).boxed(),
    };
    // A second call, in tests, changes nothing.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown location".to_owned(), ToString::to_string);
        error!(
            place,
            "a bug in Leadtime at {place}: please report this line and the version. Leadtime continues with the work that was interrupted"
        );
    }));
    if let Some(why) = lost {
        warn!("the systemd journal cannot be written ({why}); log lines go to standard error instead");
    }
    if let Some(Err(_)) = level {
        warn!("{VARIABLE} must be error, warn, info, debug, or trace; Leadtime uses info");
    }
    format
}
