//! Parts of a transaction that fail on their own: an item with bad data does not hold up the others.

use crate::store::connection::error::StoreError;

/// Does one part of a transaction's work on its own. If its data is bad, this part is rolled back, the error is the
/// inner result, and the transaction can continue. Any other error is the outer result and ends the transaction.
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

/// Whether a transaction is protected against items with bad data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Not protected: SQLite keeps nothing to undo, which is faster. The first error ends the whole transaction, which
    /// then has to be repeated with [`Isolation::PerItem`].
    Batch,
    /// An item with bad data ends only its own part.
    PerItem,
}

/// Same as [`in_savepoint`], for several items: all in one savepoint and, only if one has bad data, each in its own.
/// The work then starts over, so it must not have effects outside the transaction that matter.
///
/// With [`Isolation::Batch`], data errors are outer errors too.
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
