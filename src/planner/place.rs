//! Schedules the texts to one number: merges those of a household, and finds a time for each within the limits.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::AppointmentId;
use crate::domain::limits::Limit;
use crate::domain::sender::Sender;
use crate::planner::budget::{Blocker, Budget, Taken};
use crate::planner::calendar::Calendar;
use crate::planner::draft::Draft;
use crate::planner::input::Household;

/// A reminder that needs room, by its index among the drafts.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) draft: usize,
    appointment: &'a AppointmentId,
    rank: Rank<'a>,
    /// From when on it may go out.
    pub(crate) from: DateTime<Utc>,
    pub(crate) expires: DateTime<Utc>,
    /// What made it wait beyond `from`.
    pub(crate) moved_by: Option<Blocker>,
    calendar: &'a Calendar,
    /// What all reminders in one text share. A retry goes out alone, because others would be lost with it.
    kind: (&'a Sender, Option<i64>),
}

/// The order of placing: higher priority first, then the shorter time between text and start, then the earlier text,
/// then the appointment's id, then the position of the rule in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    priority: std::cmp::Reverse<i32>,
    before_start: chrono::TimeDelta,
    adjusted: DateTime<Utc>,
    appointment: &'a AppointmentId,
    draft: usize,
}

impl<'a> Candidate<'a> {
    /// `None` if it needs no room and was not shown in observe mode either.
    pub(crate) fn of(place: usize, draft: &Draft<'a>) -> Option<Candidate<'a>> {
        let from = draft.wants().or_else(|| draft.shown_at())?;
        let (adjusted, calendar) = (draft.adjusted_at()?, draft.calendar?);
        let appointment = &draft.appointment.row.id;
        let before_start = draft.key.start - adjusted;
        let priority = std::cmp::Reverse(draft.rule.priority);
        Some(Candidate {
            draft: place,
            appointment,
            rank: Rank { priority, before_start, adjusted, appointment, draft: place },
            from,
            expires: draft.expires,
            moved_by: None,
            calendar,
            kind: (&draft.appointment.sender, draft.retry().map(|retry| retry.of)),
        })
    }

    fn day(&self) -> NaiveDate {
        self.calendar.date(self.from)
    }
}

/// A text that has a time.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a> {
    pub(crate) at: DateTime<Utc>,
    pub(crate) members: Vec<Candidate<'a>>,
    taken: usize,
    /// Whether other reminders may still go out with it.
    open: bool,
}

impl<'a> Placed<'a> {
    fn has(&self, appointment: &AppointmentId) -> bool {
        self.members.iter().any(|member| member.appointment == appointment)
    }
}

/// What happened to the candidates.
#[derive(Debug, Default)]
pub(crate) struct Placement<'a> {
    pub(crate) texts: Vec<Placed<'a>>,
    pub(crate) lost: Vec<(Candidate<'a>, Blocker)>,
}

/// Finds a time for every candidate, in the order of placing; the budget contains what is already used. What observe
/// mode showed counts against the limits as if it had been sent.
pub(crate) fn place<'a>(
    candidates: Vec<Candidate<'a>>,
    household: Household,
    budget: &mut Budget<'_>,
    drafts: &[Draft<'a>],
    now: DateTime<Utc>,
) -> Placement<'a> {
    let (shown, candidates): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| drafts[c.draft].kept.is_some());
    let mut placing = Placing { household, budget, drafts, done: Placement::default() };
    let mut texts: BTreeMap<_, Vec<Candidate<'a>>> = BTreeMap::new();
    for candidate in shown {
        texts.entry((candidate.from, candidate.kind)).or_default().push(candidate);
    }
    for ((at, _), members) in texts {
        placing.put(at, members, at > now);
    }
    let mut waiting: BTreeMap<Rank<'a>, Vec<Candidate<'a>>> = BTreeMap::new();
    for group in groups(candidates, household) {
        wait(&mut waiting, group);
    }
    while let Some((_, group)) = waiting.pop_first() {
        for rest in placing.group(group) {
            wait(&mut waiting, rest);
        }
    }
    placing.done
}

fn wait<'a>(waiting: &mut BTreeMap<Rank<'a>, Vec<Candidate<'a>>>, group: Vec<Candidate<'a>>) {
    if let Some(rank) = group.iter().map(|member| member.rank.clone()).min() {
        waiting.insert(rank, group);
    }
}

/// Groups the reminders of one day and sender, even across offices and languages; those of one appointment are never in
/// the same group.
fn groups(mut candidates: Vec<Candidate<'_>>, household: Household) -> Vec<Vec<Candidate<'_>>> {
    candidates.sort_by(|a, b| a.rank.cmp(&b.rank));
    let mut groups: Vec<Vec<Candidate<'_>>> = Vec::new();
    let mut of_day: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for candidate in candidates {
        let same = of_day.entry((candidate.day(), candidate.kind)).or_default();
        let joins = |group: &&usize| groups[**group].iter().all(|member| member.appointment != candidate.appointment);
        match same.iter().find(joins).filter(|_| household == Household::Merge) {
            Some(group) => groups[*group].push(candidate),
            None => {
                same.push(groups.len());
                groups.push(vec![candidate]);
            }
        }
    }
    groups
}

/// The calendars of a group, each once.
fn calendars<'a>(group: &[Candidate<'a>]) -> Vec<&'a Calendar> {
    let mut calendars: Vec<&Calendar> = Vec::new();
    for member in group {
        if !calendars.iter().any(|known| std::ptr::eq(*known, member.calendar)) {
            calendars.push(member.calendar);
        }
    }
    calendars
}

/// The first instant for a group: that of its earliest reminder, but on no earlier day than any of them has in its
/// office. The same date begins up to a day later in another time zone.
fn earliest(group: &[Candidate<'_>]) -> Option<DateTime<Utc>> {
    let from = group.iter().map(|member| member.from).min()?;
    let days = group.iter().map(|member| member.calendar.day_begins(member.day()));
    days.chain([from]).max()
}

/// A group split up, one part for each office.
fn by_office<'a>(group: Vec<Candidate<'a>>, offices: &[&'a Calendar]) -> Vec<Vec<Candidate<'a>>> {
    let of = |office: &&'a Calendar| {
        group.iter().filter(|member| std::ptr::eq(member.calendar, *office)).cloned().collect::<Vec<_>>()
    };
    offices.iter().map(of).collect()
}

struct Placing<'a, 'b, 'l> {
    household: Household,
    budget: &'b mut Budget<'l>,
    drafts: &'b [Draft<'a>],
    done: Placement<'a>,
}

impl<'a> Placing<'a, '_, '_> {
    /// Places a group; returns what must be tried again in other groups.
    fn group(&mut self, group: Vec<Candidate<'a>>) -> Vec<Vec<Candidate<'a>>> {
        let left_out = group.first().and_then(|first| first.kind.1).and_then(|attempt| self.budget.leave_out(attempt));
        let rest = self.place_group(group);
        if let Some(left_out) = left_out {
            self.budget.put_back(left_out);
        }
        rest
    }

    fn place_group(&mut self, group: Vec<Candidate<'a>>) -> Vec<Vec<Candidate<'a>>> {
        let Some(from) = earliest(&group) else { return Vec::new() };
        let until = group.iter().map(|member| member.expires).max().unwrap_or(from);
        let offices = calendars(&group);
        let own = self.first_fit(&offices, from, until);
        let join = self.first_join(&group, own.unwrap_or(until));
        let Some(at) = join.map(|text| self.done.texts[text].at).or(own) else {
            if offices.len() > 1 {
                // No time works for all of these offices, so each is tried by itself.
                return by_office(group, &offices);
            }
            group.into_iter().for_each(|member| self.lose(member));
            return Vec::new();
        };
        let (mut stays, expired): (Vec<_>, Vec<_>) = group.into_iter().partition(|member| member.expires > at);
        if !expired.is_empty() {
            if offices.len() > 1 {
                return by_office(stays.into_iter().chain(expired).collect(), &offices);
            }
            // The rest may have its own time and place in the order.
            expired.into_iter().for_each(|member| self.lose(member));
            return vec![stays];
        }
        for member in stays.iter_mut().filter(|member| member.from < at) {
            member.moved_by = self.budget.blocker(member.from);
        }
        match join {
            Some(text) => {
                let (joins, others): (Vec<_>, Vec<_>) =
                    stays.into_iter().partition(|member| !self.done.texts[text].has(member.appointment));
                self.budget
                    .add_keys(self.done.texts[text].taken, joins.iter().map(|m| self.drafts[m.draft].key.clone()));
                self.done.texts[text].members.extend(joins);
                vec![others]
            }
            None => {
                self.put(at, stays, true);
                Vec::new()
            }
        }
    }

    fn put(&mut self, at: DateTime<Utc>, members: Vec<Candidate<'a>>, open: bool) {
        let keys = members.iter().map(|member| self.drafts[member.draft].key.clone()).collect();
        let taken = self.budget.take(Taken { attempt: None, at, sent: false, keys });
        self.done.texts.push(Placed { at, members, taken, open });
    }

    fn lose(&mut self, member: Candidate<'a>) {
        // Its first instant is within the sending hours, so only a limit can block it there.
        let wanted = member.from;
        let unknown = || Blocker { limit: Limit::Gap, texts: Vec::new(), wanted };
        let blocker = self.budget.blocker(wanted).unwrap_or_else(unknown);
        self.done.lost.push((member, blocker));
    }

    /// The first instant in [from, until) within the sending hours of all these offices and within the limits.
    fn first_fit(&self, calendars: &[&Calendar], from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut at = from;
        while at < until {
            if let Some(closed) = calendars.iter().find(|calendar| !calendar.may_leave(at)) {
                at = closed.first_open(at, until)?;
                continue;
            }
            if self.budget.blocker(at).is_none() {
                return Some(at);
            }
            at = self.budget.next_chance(at)?;
        }
        None
    }

    /// The first text already placed that the group, or a part of it, can go out with: on or after the day of each
    /// reminder, and before `until`.
    fn first_join(&self, group: &[Candidate<'a>], until: DateTime<Utc>) -> Option<usize> {
        if self.household == Household::Separate || group[0].kind.1.is_some() {
            return None;
        }
        let kind = group[0].kind;
        let offices = calendars(group);
        let is_of =
            |text: &Placed<'_>, office: &Calendar| text.members.iter().any(|m| std::ptr::eq(m.calendar, office));
        let texts = self.done.texts.iter().enumerate().filter(|(_, text)| {
            text.open
                && text.members.first().is_some_and(|first| first.kind == kind)
                && text.at < until
                && group.iter().all(|member| member.calendar.date(text.at) >= member.day())
                && offices.iter().all(|office| is_of(text, office) || office.may_leave(text.at))
                && group.iter().any(|member| !text.has(member.appointment))
        });
        texts.min_by_key(|(_, text)| text.at).map(|(place, _)| place)
    }
}
