//! How an appointment's outcome changes with a new reply, tag, action or note.
//!
//! A wish to cancel or change stands until a person notes another outcome or the appointment changes. So does an
//! opt-out, but a wish replaces it: the number is opted out anyway, and the wish still needs a person. What a person
//! noted stands until the patient writes again. Where two things disagree, a person looks.

use chrono::{DateTime, Utc};

use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome, Standing};
use crate::domain::reply::ReplyMeaning;

/// Something new: a reply, a tag or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// What it says.
    pub outcome: PatientOutcome,
    /// Where it comes from. A person's note replaces what stands without any of this.
    pub source: OutcomeSource,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// What follows from something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is the outcome from now on.
    Becomes,
    /// What stands remains.
    Stays,
    /// What stands remains, and a person has to look, because the two disagree.
    Disagrees,
}

/// What follows from `news`, given what stands.
pub fn change(standing: Option<Standing>, news: News) -> Change {
    use PatientOutcome::{Confirmed, NeedsALook, None, OptedOut, Question, UnclearOptOut};
    if news.outcome == None {
        return Change::Stays;
    }
    let Some(standing) = standing else { return Change::Becomes };
    let is_words = news.source == OutcomeSource::Reply;
    if standing.source == OutcomeSource::Desk && news.outcome != OptedOut && !(is_words && news.at > standing.since) {
        // The person may not have known about a message from before the note.
        return match news.outcome == standing.outcome || !is_words {
            true => Change::Stays,
            false => Change::Disagrees,
        };
    }
    match (standing.outcome, news.outcome) {
        (was, is) if was == is => Change::Stays,
        (was, OptedOut) if was.is_wish() => Change::Stays,
        (_, OptedOut) => Change::Becomes,
        (OptedOut, is) if is.is_wish() && is_words => Change::Becomes,
        (OptedOut, Question) => Change::Stays,
        (OptedOut, _) => Change::Disagrees,
        // The later of two wishes counts; a tag does not replace words.
        (was, is) if was.is_wish() && is.is_wish() => match is_words && news.at >= standing.since {
            true => Change::Becomes,
            false => Change::Stays,
        },
        (was, Question | NeedsALook) if was.is_wish() => Change::Stays,
        (was, _) if was.is_wish() => Change::Disagrees,
        (_, is) if is.is_wish() => Change::Becomes,
        (PatientOutcome::WrongPerson | UnclearOptOut, Question | NeedsALook) => Change::Stays,
        (PatientOutcome::WrongPerson | UnclearOptOut, Confirmed) => Change::Disagrees,
        (Confirmed, Question) => Change::Stays,
        // Words that a person must read may take a yes back, unless the yes came later.
        (Confirmed, NeedsALook) if !is_words || news.at < standing.since => Change::Stays,
        _ => Change::Becomes,
    }
}

/// The outcome that a reply calls for.
pub fn of_reply(meaning: ReplyMeaning) -> PatientOutcome {
    match meaning {
        ReplyMeaning::OptOut => PatientOutcome::OptedOut,
        ReplyMeaning::UnclearOptOut => PatientOutcome::UnclearOptOut,
        ReplyMeaning::Confirmed => PatientOutcome::Confirmed,
        ReplyMeaning::WantsChange => PatientOutcome::WantsChange,
        ReplyMeaning::WantsCancel => PatientOutcome::WantsCancel,
        ReplyMeaning::Question => PatientOutcome::Question,
        ReplyMeaning::WrongPerson => PatientOutcome::WrongPerson,
        ReplyMeaning::NeedsALook => PatientOutcome::NeedsALook,
        ReplyMeaning::None => PatientOutcome::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn after(
        standing: Option<(PatientOutcome, OutcomeSource)>,
        outcome: PatientOutcome,
        source: OutcomeSource,
    ) -> Change {
        let standing = standing.map(|(outcome, source)| Standing { outcome, source, since: at(10) });
        change(standing, News { outcome, source, at: at(20) })
    }

    #[test]
    fn a_wish_and_an_opt_out_are_never_overridden() {
        use OutcomeSource::{Action, Reply, Tag};
        for was in [PatientOutcome::WantsCancel, PatientOutcome::WantsChange, PatientOutcome::OptedOut] {
            for source in [Reply, Tag, Action] {
                for outcome in PatientOutcome::ALL {
                    let change = after(Some((was, Reply)), outcome, source);
                    let may = outcome.is_wish() && source == Reply;
                    assert!(may || change != Change::Becomes, "{was:?} {outcome:?} {source:?}");
                }
                assert_eq!(after(Some((was, Reply)), PatientOutcome::Confirmed, source), Change::Disagrees);
            }
        }
    }

    #[test]
    fn a_note_stands_until_the_patient_writes_again() {
        use OutcomeSource::{Desk, Reply, Tag};
        let noted = Some((PatientOutcome::Confirmed, Desk));
        assert_eq!(after(noted, PatientOutcome::WantsCancel, Reply), Change::Becomes);
        assert_eq!(after(noted, PatientOutcome::WantsCancel, Tag), Change::Stays);
        let standing = Standing { outcome: PatientOutcome::Confirmed, source: Desk, since: at(10) };
        let news = News { outcome: PatientOutcome::WantsCancel, source: Reply, at: at(5) };
        assert_eq!(change(Some(standing), news), Change::Disagrees);
        assert_eq!(change(Some(standing), News { outcome: PatientOutcome::Confirmed, ..news }), Change::Stays);
        // A question takes nothing back that a person noted.
        assert_eq!(after(noted, PatientOutcome::Question, Reply), Change::Stays);
        assert_eq!(after(Some((PatientOutcome::WantsCancel, Desk)), PatientOutcome::Question, Reply), Change::Stays);
        // A wish that a person settled may come back, and a later yes then counts.
        assert_eq!(after(Some((PatientOutcome::None, Desk)), PatientOutcome::Confirmed, Reply), Change::Becomes);
        assert_eq!(after(Some((PatientOutcome::OptedOut, Reply)), PatientOutcome::Confirmed, Reply), Change::Disagrees);
    }

    #[test]
    fn everything_else_follows_the_patients_last_words() {
        use OutcomeSource::Reply;
        for (was, is, want) in [
            (PatientOutcome::Question, PatientOutcome::Confirmed, Change::Becomes),
            (PatientOutcome::Confirmed, PatientOutcome::Question, Change::Stays),
            (PatientOutcome::Confirmed, PatientOutcome::NeedsALook, Change::Becomes),
            (PatientOutcome::Confirmed, PatientOutcome::WantsCancel, Change::Becomes),
            (PatientOutcome::NeedsALook, PatientOutcome::Confirmed, Change::Becomes),
            (PatientOutcome::WrongPerson, PatientOutcome::Confirmed, Change::Disagrees),
            (PatientOutcome::Confirmed, PatientOutcome::WrongPerson, Change::Becomes),
            (PatientOutcome::Confirmed, PatientOutcome::None, Change::Stays),
        ] {
            assert_eq!(after(Some((was, Reply)), is, Reply), want, "{was:?} {is:?}");
        }
        assert_eq!(after(None, PatientOutcome::Confirmed, Reply), Change::Becomes);
    }
}
