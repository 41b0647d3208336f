//! Parts of a transaction that fail by themselves: one item whose data are at fault holds up no other.

use crate::store::connection::error::StoreError;

/// Does a part of a transaction's work by itself: if the data are at fault, this part is undone and the error is
/// the inner one, and the transaction can go on. Any other error is the outer one and ends it.
///
/// # Errors
/// Errors of the disk, the file or the connection.
pub(crate) fn in_savepoint<R>(
    tx: &rusqlite::Transaction<'_>,
    work: impl FnOnce() -> Result<R, StoreError>,
) -> Result<Result<R, StoreError>, StoreError> {
    let run = |sql: &str| tx.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    run("SAVEPOINT separately")?;
    match work() {
        Ok(result) => {
            run("RELEASE separately")?;
            Ok(Ok(result))
        }
        Err(error) if error.is_about_data() => {
            run("ROLLBACK TO separately")?;
            run("RELEASE separately")?;
            Ok(Err(error))
        }
        Err(error) => Err(error),
    }
}

/// Whether a transaction guards against items whose data are at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// It does not: SQLite keeps nothing to undo, which is faster, and the first fault ends the whole transaction, to be
    /// done again with care.
    Batch,
    /// One item at fault ends only its own part.
    PerItem,
}

/// Does the same for each of several items: all in one go, and only if the data of one are at fault, each by itself. The
/// work is begun anew then, and must not have effects outside the transaction that matter.
///
/// # Errors
/// Errors of the disk, the file or the connection; without care, those of the data too.
pub(crate) fn each_in_savepoint<I, R>(
    tx: &rusqlite::Transaction<'_>,
    isolation: Isolation,
    items: &[I],
    work: impl Fn(&I) -> Result<R, StoreError>,
) -> Result<Vec<Result<R, StoreError>>, StoreError> {
    if isolation == Isolation::Batch {
        return items.iter().map(|item| work(item).map(Ok)).collect();
    }
    match in_savepoint(tx, || items.iter().map(&work).collect::<Result<Vec<R>, StoreError>>())? {
        Ok(all) => Ok(all.into_iter().map(Ok).collect()),
        Err(_) => items.iter().map(|item| in_savepoint(tx, || work(item))).collect(),
    }
}
