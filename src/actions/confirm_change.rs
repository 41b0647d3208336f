//! A person confirms a configuration that would send more texts than usual at once.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::store::controls::config_hold::{self, ConfigHold};
use crate::store::{StoreError, Transaction};

/// Confirms the configuration that is held. Returns `None` if none is held.
pub(crate) fn confirm(
    tx: &Transaction<'_>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<ConfigHold>, StoreError> {
    config_hold::confirm(tx, operator, now)
}
