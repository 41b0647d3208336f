//! A state that is said when it changes, and not at each turn of one that flaps.

use std::collections::VecDeque;
use std::time::Duration;

/// So many changes are said at once within [`WITHIN`]; from then on the state is said when the oldest of them is so old.
const AT_ONCE: usize = 4;
const WITHIN: Duration = Duration::from_secs(600);

/// What was said of a state, by the boot clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announcer {
    said: Option<String>,
    current: Option<String>,
    said_at: VecDeque<Duration>,
    /// Changes that were not said.
    unsaid: u32,
}

impl Announcer {
    /// The state is this now; to be called also while it does not change. Whether it is to be said, and then how often it
    /// changed since something was said last.
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

    /// The state that is the usual one, of which nothing is said at first.
    pub(crate) fn starts_as(state: &str) -> Announcer {
        Announcer { said: Some(state.to_owned()), current: Some(state.to_owned()), ..Announcer::default() }
    }
}

/// ` (it changed 117 times since the line before)`, where something was left out.
pub(crate) fn left_out(changes: u32) -> String {
    if changes > 1 { format!(" (it changed {changes} times since the line before)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_said_at_once_and_a_flapping_state_now_and_then_and_the_last_one_always() {
        let mut announcer = Announcer::starts_as("well");
        let at = |seconds: u64| Duration::from_secs(1000 + seconds);
        assert_eq!(announcer.is("well", at(0)), None);
        assert_eq!(announcer.is("bad", at(5)), Some(1));
        assert_eq!(announcer.is("bad", at(10)), None, "it lasts");
        assert_eq!(announcer.is("well", at(15)), Some(1));
        // Four hours of flapping every five seconds.
        let mut lines = 0;
        for n in 4..2880 {
            lines += u32::from(announcer.is(if n % 2 == 0 { "bad" } else { "well" }, at(5 * n)).is_some());
        }
        assert!((20..=100).contains(&lines), "{lines}");
        // It ends well: that is said, if late, with what was left out.
        let said: Vec<u32> = (2880..3200).filter_map(|n| announcer.is("well", at(5 * n))).collect();
        assert!(said.len() <= 1);
        assert_eq!(announcer.said.as_deref(), Some("well"));
        assert_eq!(left_out(1), "");
        assert!(left_out(117).contains("117 times"));
    }
}
