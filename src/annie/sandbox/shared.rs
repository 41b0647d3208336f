//! What the sandbox's endpoints share: the model, the clock, and the record of requests.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::annie::model::Model;
use crate::clock::Clock;

/// Called for each request.
pub(crate) type Hear = Box<dyn Fn(&str) + Send + Sync>;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) key: Option<String>,
    pub(crate) inner: Arc<Mutex<Inner>>,
}

pub(crate) struct Inner {
    pub(crate) annie: Model,
    pub(crate) record: Option<File>,
    pub(crate) hear: Option<Hear>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Records a request. One that cannot be recorded is not answered with success.
    pub(crate) fn record(&mut self, line: &Value, summary: &str) -> io::Result<()> {
        if let Some(hear) = &self.hear {
            hear(summary);
        }
        let Some(file) = &mut self.record else { return Ok(()) };
        let mut text = line.to_string();
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.flush()
    }
}
