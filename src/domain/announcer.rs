//! Announces a state when it changes, but not every change of a flapping state.

use std::collections::VecDeque;
use std::time::Duration;

/// This many changes within [`WITHIN`] are announced immediately. After that, the state is announced when the oldest of
/// those announcements is that old.
const AT_ONCE: usize = 4;
const WITHIN: Duration = Duration::from_secs(600);

/// What was announced about a state. Times are from the boot clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announcer {
    said: Option<String>,
    current: Option<String>,
    said_at: VecDeque<Duration>,
    /// Changes that were not announced.
    unsaid: u32,
}

impl Announcer {
    /// Records the current state; call this even when it has not changed. Returns `Some` if the state should be
    /// announced now, with the number of changes since the last announcement.
    pub(crate) fn is(&mut self, state: &str, boot: Duration) -> Option<u32> {
        if self.current.as_deref() != Some(state) {
            self.current = Some(state.to_owned());
            self.unsaid += 1;
        }
        if self.said.as_deref() == Some(state) {
            return None;
        }
        while self.said_at.front().is_some_and(|at| boot.saturating_sub(*at) >= WITHIN) {
            self.said_at.pop_front();
        }
        if self.said_at.len() >= AT_ONCE {
            return None;
        }
        self.said_at.push_back(boot);
        self.said = Some(state.to_owned());
        Some(std::mem::take(&mut self.unsaid))
    }

    /// Starts with the usual state, which is not announced at first.
    pub(crate) fn starts_as(state: &str) -> Announcer {
        Announcer { said: Some(state.to_owned()), current: Some(state.to_owned()), ..Announcer::default() }
    }
}

/// ` (it changed 117 times since the last such line)`, if changes were left out.
pub(crate) fn left_out(changes: u32) -> String {
    if changes > 1 { format!(" (it changed {changes} times since the last such line)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_announced_immediately_a_flapping_state_sometimes_and_the_last_state_always() {
        let mut announcer = Announcer::starts_as("well");
        let at = |seconds: u64| Duration::from_secs(1000 + seconds);
        assert_eq!(announcer.is("well", at(0)), None);
        assert_eq!(announcer.is("bad", at(5)), Some(1));
        assert_eq!(announcer.is("bad", at(10)), None, "it has not changed");
        assert_eq!(announcer.is("well", at(15)), Some(1));
        // Four hours of changes, one every five seconds.
        let mut lines = 0;
        for n in 4..2880 {
            lines += u32::from(announcer.is(if n % 2 == 0 { "bad" } else { "well" }, at(5 * n)).is_some());
        }
        assert!((20..=100).contains(&lines), "{lines}");
        // It ends as "well". That is announced, possibly late, with the number of changes left out.
        let said: Vec<u32> = (2880..3200).filter_map(|n| announcer.is("well", at(5 * n))).collect();
        assert!(said.len() <= 1);
        assert_eq!(announcer.said.as_deref(), Some("well"));
        assert_eq!(left_out(1), "");
        assert!(left_out(117).contains("117 times"));
    }
}
