//! How a command ends when it does not end well, and the exit code of each.

/// How a command ends when it does not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not do what it should: exit code 1.
    Failed(anyhow::Error),
    /// It was asked wrongly, or the configuration is wrong: exit code 2.
    Usage(anyhow::Error),
    /// Everything was said already; exit code as given.
    AlreadyReported(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Failed(error.into())
    }
}
