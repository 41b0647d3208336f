//! Requests in progress. A result is there before its nudge comes, so that no nudge finds nothing and no result waits
//! for the next tick.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

/// Tasks of one kind.
#[derive(Debug)]
pub(crate) struct TaskSet<T> {
    tasks: JoinSet<()>,
    sender: UnboundedSender<(u64, Option<T>)>,
    results: UnboundedReceiver<(u64, Option<T>)>,
    last: u64,
}

impl<T: Send + 'static> Default for TaskSet<T> {
    fn default() -> TaskSet<T> {
        let (sender, results) = mpsc::unbounded_channel();
        TaskSet { tasks: JoinSet::new(), sender, results, last: 0 }
    }
}

/// Hands over the result, or that there is none because the task failed; then nudges.
struct HandOver<T> {
    id: u64,
    result: Option<T>,
    sender: UnboundedSender<(u64, Option<T>)>,
    nudge: Arc<Notify>,
}

impl<T> Drop for HandOver<T> {
    fn drop(&mut self) {
        // The receiver is gone only when the engine is gone.
        let _ = self.sender.send((self.id, self.result.take()));
        self.nudge.notify_one();
    }
}

impl<T: Send + 'static> TaskSet<T> {
    /// Begins a task; returns the id under which its result will come.
    pub(crate) fn begin(&mut self, work: impl Future<Output = T> + Send + 'static, nudge: Arc<Notify>) -> u64 {
        self.last += 1;
        let hand_over = HandOver { id: self.last, result: None, sender: self.sender.clone(), nudge };
        self.tasks.spawn(async move {
            // The hand-over lives in the task, so that it is dropped at the end of the work and not before.
            let mut hand_over = hand_over;
            let result = work.await;
            hand_over.result = Some(result);
        });
        self.last
    }

    /// The next available result; its inner value is none if the task failed.
    pub(crate) fn take_next(&mut self) -> Option<(u64, Option<T>)> {
        while self.tasks.try_join_next().is_some() {}
        self.results.try_recv().ok()
    }

    /// Waits until every task has ended; their results are available then.
    pub(crate) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
