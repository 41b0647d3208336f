//! Takes connections, as many at a time as allowed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

/// The pause after a failed accept, for example when no descriptor is free.
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

/// Takes connections one by one and handles each in a task of its own; more than `connections` wait in the system's
/// queue, without using a descriptor of ours.
pub(crate) async fn accept<S, N, H, F>(connections: usize, mut next: N, handle: H)
where
    N: AsyncFnMut() -> io::Result<S>,
    H: Fn(S) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(connections));
    loop {
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        match next().await {
            Ok(stream) => {
                let handling = handle(stream);
                tokio::spawn(async move {
                    handling.await;
                    drop(permit);
                });
            }
            Err(_) => sleep(AFTER_AN_ERROR).await,
        }
    }
}
