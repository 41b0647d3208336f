//! The ways a command can fail, and their exit codes.

/// The ways a command can fail.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command failed: exit code 1.
    Failed(anyhow::Error),
    /// Wrong usage, or an error in the configuration: exit code 2.
    Usage(anyhow::Error),
    /// The failure has already been reported; exits with the given code.
    AlreadyReported(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Failed(error.into())
    }
}
