//! Settles which of several start columns is used if all of them are the same instant in every row.

use std::io::Read;

use crate::feeds::formats::delimited::{Options, Reader};
use crate::feeds::formats::{FormatError, Row};
use crate::feeds::mapping::moment::{Century, MomentFault};
use crate::feeds::mapping::{Context, DateRules, start_instant};
use crate::feeds::suggest::profile::Profile;

/// The column to use of these, or `None` if they disagree in a row or one cannot be read. A column with UTC offsets is
/// preferred.
pub(super) fn start<R: Read>(
    source: R,
    options: &Options,
    profile: &Profile,
    columns: &[usize],
    context: &Context<'_>,
) -> Result<Option<usize>, FormatError> {
    let century = Century::Nearest(context.today);
    let rules: Option<Vec<(usize, DateRules)>> = columns
        .iter()
        .map(|at| Some((*at, DateRules::new(&profile.columns.get(*at)?.vote, None, (None, None), century).ok()?)))
        .collect();
    let Some(rules) = rules.filter(|rules| rules.len() > 1) else { return Ok(None) };
    let mut reader = Reader::open(source, options)?;
    let (mut compared, mut offsets) = (0, vec![0; rules.len()]);
    while let Some(row) = reader.next()? {
        let Row::Cells(row) = row else { continue };
        let mut instants = Vec::new();
        for ((at, rules), offsets) in rules.iter().zip(&mut offsets) {
            let reading = match rules.read(&[row.cell(*at)]) {
                Ok(reading) => reading,
                Err(MomentFault::Blank) => {
                    instants.push(None);
                    continue;
                }
                Err(_) => return Ok(None),
            };
            let Some(time) = reading.time else { return Ok(None) };
            *offsets += u64::from(reading.offset.is_some());
            let Ok((instant, _)) = start_instant(reading.date.and_time(time), reading.offset, &context.zone, None)
            else {
                return Ok(None);
            };
            instants.push(Some(instant.to_utc()));
        }
        if instants.windows(2).any(|pair| pair[0] != pair[1]) {
            return Ok(None);
        }
        compared += u64::from(instants.first().is_some_and(Option::is_some));
    }
    let best = rules.iter().zip(&offsets).rev().max_by_key(|(_, offsets)| **offsets);
    Ok(best.filter(|_| compared > 1).map(|((at, _), _)| *at))
}
