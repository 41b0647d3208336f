//! Where log lines go: the journal with fields under systemd, else standard error.
//!
//! Only Leadtime's own lines are let through below `warn`: HTTP libraries print headers and bodies at their lowest level.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable that sets the level: error, warn, info, debug or trace.
const VARIABLE: &str = "LEADTIME_LOG";

/// Sets logging up, once. A level nobody knows counts as `info`.
pub fn init() {
    let level =
        std::env::var(VARIABLE).ok().and_then(|text| text.parse::<LevelFilter>().ok()).unwrap_or(LevelFilter::INFO);
    // A panic's words may hold whatever was at hand; where it happened says enough.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!("a fault of Leadtime's own at {place}: please report this line to its makers");
    }));
    let filter = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("leadtime", level);
    let registry = tracing_subscriber::registry().with(filter);
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    // A second call, in tests, changes nothing.
    let _ = match journal {
        Some(journal) => registry.with(journal.with_syslog_identifier("leadtime".to_owned())).try_init(),
        None => {
            let stderr = tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(std::io::stderr().is_terminal())
                .with_target(false);
            registry.with(stderr).try_init()
        }
    };
}
