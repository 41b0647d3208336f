//! How many wrong passwords are allowed. Pure.
//!
//! Wrong passwords block the place they come from, never the user: nobody can lock the office out by typing a
//! colleague's name. A browser from which the user logged in before has a count of its own, so that an attacker at the
//! same address does not block it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Wrong passwords before the first wait.
const FREE: u32 = 5;
/// Wrong passwords of one address, whoever they are for, before the first wait.
const FREE_OF_ADDRESS: u32 = 20;
/// The first wait; each further wrong password doubles it.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Wrong passwords are forgotten after this time without one.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// At most so many places are remembered, so that an attacker cannot fill the memory.
const PLACES: usize = 10_000;

/// Where a login comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// A browser from which this user logged in before: the hash of its token.
    Device(String),
    /// Any other browser at an address; none at a socket.
    Address(Option<IpAddr>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Device(String),
    User(String, Option<IpAddr>),
    Address(Option<IpAddr>),
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u32,
    last: Duration,
}

/// The wrong passwords so far. Times are since the machine booted, because the wall clock can be set.
#[derive(Debug, Default)]
pub(crate) struct LoginLimits {
    wrong: HashMap<Place, Wrong>,
}

fn places(user: &str, origin: &Origin) -> Vec<(Place, u32)> {
    match origin {
        Origin::Device(hash) => vec![(Place::Device(hash.clone()), FREE)],
        Origin::Address(address) => {
            vec![(Place::User(user.to_owned(), *address), FREE), (Place::Address(*address), FREE_OF_ADDRESS)]
        }
    }
}

fn wait_after(count: u32, free: u32) -> Duration {
    match count.checked_sub(free) {
        None => Duration::ZERO,
        Some(more) => FIRST.saturating_mul(1 << more.min(10)).min(LONGEST),
    }
}

impl LoginLimits {
    /// How long a login has to wait; zero if it may be tried now.
    pub(crate) fn wait(&self, user: &str, origin: &Origin, now: Duration) -> Duration {
        let waits = places(user, origin).into_iter().filter_map(|(place, free)| {
            let wrong = self.wrong.get(&place).filter(|wrong| now.saturating_sub(wrong.last) < FORGOTTEN)?;
            Some((wrong.last + wait_after(wrong.count, free)).saturating_sub(now))
        });
        waits.max().unwrap_or_default()
    }

    /// The password was wrong. Returns whether the next one has to wait for the first time.
    pub(crate) fn wrong(&mut self, user: &str, origin: &Origin, now: Duration) -> bool {
        self.wrong.retain(|_, wrong| now.saturating_sub(wrong.last) < FORGOTTEN);
        let mut begins = false;
        for (place, free) in places(user, origin) {
            if self.wrong.len() >= PLACES && !self.wrong.contains_key(&place) {
                let oldest = self.wrong.iter().min_by_key(|(_, wrong)| wrong.last).map(|(place, _)| place.clone());
                oldest.map(|oldest| self.wrong.remove(&oldest));
            }
            let wrong = self.wrong.entry(place).or_insert(Wrong { count: 0, last: now });
            *wrong = Wrong { count: wrong.count.saturating_add(1), last: now };
            begins |= wrong.count == free;
        }
        begins
    }

    /// The password was right after all: each try counts as wrong until then.
    pub(crate) fn right(&mut self, user: &str, origin: &Origin) {
        for (place, _) in places(user, origin) {
            match place {
                // An address stays counted, but for this try: an attacker with one account must not reset the count.
                Place::Address(_) => {
                    if let Some(wrong) = self.wrong.get_mut(&place) {
                        wrong.count = wrong.count.saturating_sub(1);
                    }
                }
                _ => drop(self.wrong.remove(&place)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(address: &str) -> Origin {
        Origin::Address(address.parse().ok())
    }

    #[test]
    fn wrong_passwords_wait_longer_and_longer_and_are_forgotten() {
        let mut limits = LoginLimits::default();
        let from = at("10.0.0.9");
        let mut now = MINUTE;
        for _ in 0..4 {
            assert!(!limits.wrong("kim", &from, now));
            assert_eq!(limits.wait("kim", &from, now), Duration::ZERO);
        }
        assert!(limits.wrong("kim", &from, now));
        assert_eq!(limits.wait("kim", &from, now), FIRST);
        now += FIRST;
        assert_eq!(limits.wait("kim", &from, now), Duration::ZERO);
        assert!(!limits.wrong("kim", &from, now));
        assert_eq!(limits.wait("kim", &from, now), FIRST * 2);
        for _ in 0..50 {
            limits.wrong("kim", &from, now);
        }
        assert_eq!(limits.wait("kim", &from, now), LONGEST);
        assert_eq!(limits.wait("kim", &from, now + FORGOTTEN), Duration::ZERO);
    }

    #[test]
    fn nobody_can_lock_a_user_out_from_elsewhere() {
        let mut limits = LoginLimits::default();
        let device = Origin::Device("d".to_owned());
        for _ in 0..100 {
            limits.wrong("kim", &at("10.0.0.9"), MINUTE);
        }
        assert_eq!(limits.wait("kim", &at("10.0.0.5"), MINUTE), Duration::ZERO, "at another computer");
        assert_eq!(limits.wait("kim", &device, MINUTE), Duration::ZERO, "in a browser that is known");
        assert_eq!(limits.wait("lee", &at("10.0.0.9"), MINUTE), LONGEST, "the address tried too many");
    }

    #[test]
    fn the_right_password_resets_the_users_count_and_not_the_addresss() {
        let mut limits = LoginLimits::default();
        let from = at("10.0.0.9");
        for user in ["a", "b", "c", "d"] {
            for _ in 0..5 {
                limits.wrong(user, &from, MINUTE);
            }
        }
        limits.wrong("a", &from, MINUTE);
        limits.right("a", &from);
        assert_eq!(limits.wait("a", &from, MINUTE), FIRST, "20 wrong ones came from this address");
        assert_eq!(limits.wait("a", &at("10.0.0.8"), MINUTE), Duration::ZERO);
    }

    #[test]
    fn right_passwords_never_block_an_address() {
        let mut limits = LoginLimits::default();
        let from = at("10.0.0.9");
        for n in 0..100 {
            let user = format!("user{n}");
            assert_eq!(limits.wait(&user, &from, MINUTE), Duration::ZERO);
            limits.wrong(&user, &from, MINUTE);
            limits.right(&user, &from);
        }
    }

    #[test]
    fn an_attacker_cannot_fill_the_memory() {
        let mut limits = LoginLimits::default();
        for n in 0..PLACES * 2 {
            limits.wrong(&format!("user{n}"), &at("10.0.0.9"), MINUTE + Duration::from_millis(n as u64));
        }
        assert!(limits.wrong.len() <= PLACES);
    }
}
