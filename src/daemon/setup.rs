//! What both start and reload set up: the gateways of the keys, and the comparison of the time zone rules.

use tracing::{info, warn};

use crate::annie::client::HttpClient;
use crate::clock::Clock;
use crate::config::values::zones::first_disagreement;
use crate::config::{Config, KEY_NAME, api_key};
use crate::daemon::error::RunError;
use crate::engine::Gateways;
use crate::planner::input::Mode;

/// The gateways to Annie, one for each key; none in observe mode, which needs no key.
pub(crate) fn gateways_of(config: &Config) -> Result<Gateways, RunError> {
    let mut gateways = Gateways::new();
    if config.rulebook.mode == Mode::Observe {
        return Ok(gateways);
    }
    let client = HttpClient::new(config.annie.timeout)?;
    for name in config.key_names() {
        let file = match config.locations.get(name.as_str()) {
            Some(location) if name.as_str() != KEY_NAME => location.api_key_file.as_deref(),
            _ => config.annie.api_key_file.as_deref(),
        };
        gateways.insert(name, client.with_key(&config.annie.base_url, api_key::find(file)?));
    }
    Ok(gateways)
}

pub(crate) fn compare_zones(config: &Config, clock: &dyn Clock) {
    let calendar = &config.rulebook.calendar;
    let other = Some(&calendar.organization_zone).filter(|zone| zone.name() != calendar.zone.name());
    for zone in [&calendar.zone].into_iter().chain(other) {
        info!(zone = zone.name(), "the time zone rules of {} come from {}", zone.name(), zone.source());
        if let Some(at) = first_disagreement(zone, clock.now()) {
            warn!(
                zone = zone.name(),
                "from {at} on, the system's zoneinfo and the copy in Leadtime give different times for {}. Leadtime uses the system's. Update the package tzdata, or texts may go out at the wrong hour",
                zone.name()
            );
        }
    }
}
