//! Faults that a stand-in for Annie can have, drawn at random from a seed.

use chrono::TimeDelta;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// The connection is closed before the request is read.
    CloseBefore,
    /// The request is carried out, and the connection is closed without an answer.
    CloseAfter,
    /// 500, and nothing was done.
    FailBefore,
    /// 500, although the request was carried out.
    FailAfter,
    /// The request is carried out and answered late.
    Slow,
    /// The request is carried out; the answer is an unreadable 2xx.
    Garbage,
    /// 409, and nothing was done.
    Conflict,
    /// 429, and nothing was done.
    TooMany,
    /// 401, and nothing was done.
    Unauthorized,
}

impl Fault {
    /// All faults, with their names on the command line.
    pub(crate) const ALL: [(Fault, &'static str); 9] = [
        (Fault::CloseBefore, "close-before"),
        (Fault::CloseAfter, "close-after"),
        (Fault::FailBefore, "fail-before"),
        (Fault::FailAfter, "fail-after"),
        (Fault::Slow, "slow"),
        (Fault::Garbage, "garbage"),
        (Fault::Conflict, "conflict"),
        (Fault::TooMany, "too-many"),
        (Fault::Unauthorized, "unauthorized"),
    ];
}

/// How often each thing goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Faults {
    /// The probability of each fault, in the order of [`Fault::ALL`].
    pub(crate) each: [f64; 9],
    /// The share of numbers to which every text is refused.
    pub(crate) refused_numbers: f64,
    /// The longest time a conversation takes to appear in the list.
    pub(crate) list_lag: TimeDelta,
    /// The probability that a listing is in random order.
    pub(crate) shuffled: f64,
    /// The probability that a patient replies STOP.
    pub(crate) stop: f64,
    /// The probability that a page of the list has a row without an id, or with a start in 2099.
    pub(crate) odd_rows: f64,
    /// The probability that the list reports more conversations than it shows.
    pub(crate) short_lists: f64,
}

impl Faults {
    /// No faults.
    pub(crate) const NONE: Faults = Faults {
        each: [0.0; 9],
        refused_numbers: 0.0,
        list_lag: TimeDelta::zero(),
        shuffled: 0.0,
        stop: 0.0,
        odd_rows: 0.0,
        short_lists: 0.0,
    };

    /// All kinds equally likely, with this total probability.
    pub(crate) fn all(probability: f64) -> Faults {
        Faults { each: [probability / 9.0; 9], shuffled: probability, ..Faults::NONE }
    }

    /// The probability of one kind.
    pub(crate) fn of(&self, fault: Fault) -> f64 {
        self.each[fault as usize]
    }

    /// Sets the probability of one kind.
    pub(crate) fn set(&mut self, fault: Fault, probability: f64) {
        self.each[fault as usize] = probability;
    }

    /// Reads `all=0.1,close-after=0.02,refused-numbers=0.01,list-lag=60,shuffled=0.5,stop=0.01`.
    pub(crate) fn parse(text: &str) -> Result<Faults, String> {
        let mut faults = Faults::NONE;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}`: write name=probability"))?;
            let number: f64 = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
            if name == "list-lag" {
                let seconds = TimeDelta::try_milliseconds((number * 1000.0) as i64).unwrap_or_default();
                faults.list_lag = seconds.max(TimeDelta::zero());
                continue;
            }
            if !(0.0..=1.0).contains(&number) {
                return Err(format!("`{part}`: a probability must be between 0 and 1"));
            }
            match (name, Fault::ALL.iter().find(|(_, known)| *known == name)) {
                (_, Some((fault, _))) => faults.set(*fault, number),
                ("all", _) => faults = Faults { list_lag: faults.list_lag, stop: faults.stop, ..Faults::all(number) },
                ("refused-numbers", _) => faults.refused_numbers = number,
                ("shuffled", _) => faults.shuffled = number,
                ("stop", _) => faults.stop = number,
                ("odd-rows", _) => faults.odd_rows = number,
                ("short-lists", _) => faults.short_lists = number,
                _ => {
                    let known: Vec<&str> = Fault::ALL.iter().map(|(_, name)| *name).collect();
                    return Err(format!(
                        "`{name}` is not a fault; use all, {}, refused-numbers, list-lag (seconds), shuffled, stop, odd-rows or short-lists",
                        known.join(", ")
                    ));
                }
            }
        }
        Ok(faults)
    }

    /// Draws what goes wrong with one request, if anything.
    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> Option<Fault> {
        let mut left = rng.f64();
        Fault::ALL.iter().map(|(fault, _)| *fault).find(|fault| {
            left -= self.of(*fault);
            left < 0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_the_command_line() {
        let faults = Faults::parse("all=0.09, close-after=0.5,list-lag=60,stop=0.1").unwrap();
        assert!((faults.of(Fault::Slow) - 0.01).abs() < 1e-9 && (faults.of(Fault::CloseAfter) - 0.5).abs() < 1e-9);
        assert_eq!((faults.list_lag, faults.stop), (TimeDelta::seconds(60), 0.1));
        for wrong in ["slow", "slow=x", "slow=2", "fire=0.1"] {
            assert!(Faults::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn faults_are_drawn_as_often_as_requested() {
        let mut rng = fastrand::Rng::with_seed(1);
        let faults = Faults::parse("slow=0.2,garbage=0.1").unwrap();
        let drawn: Vec<_> = (0..10_000).filter_map(|_| faults.draw(&mut rng)).collect();
        let share = |fault| drawn.iter().filter(|drawn| **drawn == fault).count();
        assert!((1800..2200).contains(&share(Fault::Slow)) && (850..1150).contains(&share(Fault::Garbage)));
        assert_eq!(drawn.len(), share(Fault::Slow) + share(Fault::Garbage));
    }
}
