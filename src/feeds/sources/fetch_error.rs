//! Why a source that the service reads by itself gave no complete answer.

use std::io;
use std::time::Duration;

use crate::domain::count::counted;

/// Why there is no complete answer. Nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// There is no server, or it does not answer.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The connection is not safe.
    #[error(
        "the connection to {server} cannot be verified: {why}. Check the server's certificate, or name the one that \
         signed it with ca_file"
    )]
    Unsafe {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The database refuses the user.
    #[cfg(feature = "databases")]
    #[error("{server} refuses the user: {why}. Check the user in `url`, its password and its grants")]
    Denied {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The web server does not let Leadtime in.
    #[error("{server} does not let Leadtime in ({why}). Check `auth` and what is in the password file")]
    Unauthorized {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// What is needed to sign in is missing or unusable.
    #[error("Leadtime cannot sign in to {server}: {why}")]
    SignIn {
        /// The server.
        server: String,
        /// The cause, and what to do.
        why: String,
    },
    /// The web server refuses the request.
    #[error("{server} refuses the request: {why}")]
    Refused {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The web server asks for a pause.
    #[error("{server} asks for a pause (status {status})")]
    Busy {
        /// The server.
        server: String,
        /// The status.
        status: u16,
    },
    /// The answer is not what was asked for.
    #[error("the answer of {server} cannot be used: {why}")]
    Unreadable {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The sign-in method would send the password in the clear.
    #[cfg(feature = "databases")]
    #[error(
        "the user's sign-in method needs TLS or a socket: turn on TLS on {server}, or add ?socket=/PATH to `url` if the \
         server is on this machine"
    )]
    NeedsTls {
        /// The server.
        server: String,
    },
    /// The server cannot run the statement.
    #[error("{server} cannot run the statement: {why}")]
    Statement {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// It takes too long.
    #[error("{server} took longer than {} and was interrupted", counted(.after.as_secs(), "second", "seconds"))]
    TimedOut {
        /// The server.
        server: String,
        /// The limit.
        after: Duration,
    },
    /// The connection broke off before the end of the answer.
    #[error("the answer of {server} broke off: {why}")]
    BrokeOff {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// There are too many rows.
    #[error("the answer has more than {max}; limit its days with `ahead`, or raise {key} if this is correct")]
    TooLarge {
        /// The limit, in words.
        max: String,
        /// The key that sets it.
        key: &'static str,
    },
    /// The answer cannot be kept.
    #[error("the answer cannot be written to a temporary file: {0}")]
    Io(#[from] io::Error),
    /// This program was built without the clients for such servers.
    #[error("this build of Leadtime cannot read {0}")]
    NotBuiltIn(&'static str),
}

/// An error's words on one short line.
pub(super) fn shortened(words: &str) -> String {
    const LONGEST: usize = 300;
    let line: String = words.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
