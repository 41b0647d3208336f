//! Crashes between any two steps: before, during and after a commit, before and after a request reaches Annie. Whatever
//! is on disk at that moment is kept. An interrupted commit leaves some of its sectors and not others.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::store::Connection;

/// The unit that a disk writes atomically.
const SECTOR: usize = 512;

/// The files of a database at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    main: Vec<u8>,
    wal: Vec<u8>,
}

impl Files {
    pub(crate) fn read(database: &Path) -> Files {
        let bytes = |path: &Path| std::fs::read(path).unwrap_or_default();
        Files { main: bytes(database), wal: bytes(&wal_of(database)) }
    }

    pub(crate) fn write(&self, database: &Path) -> std::io::Result<()> {
        std::fs::write(database, &self.main)?;
        match self.wal.is_empty() {
            true => Ok(()),
            false => std::fs::write(wal_of(database), &self.wal),
        }
    }

    /// These files with some sectors of the later ones, as if the disk was writing them when the power failed.
    fn torn(self, later: &Files, rng: &mut fastrand::Rng) -> Files {
        let mut wal = self.wal;
        let share = [0.0, 0.3, 0.9, 1.0][rng.usize(0..4)];
        let cut = rng.usize(0..=later.wal.len());
        let in_order = rng.bool();
        wal.resize(wal.len().max(later.wal.len()), 0);
        for (n, sector) in later.wal.chunks(SECTOR).enumerate() {
            let from = n * SECTOR;
            let taken = if in_order { from < cut } else { rng.f64() < share };
            if taken {
                wal[from..from + sector.len()].copy_from_slice(sector);
            }
        }
        Files { main: self.main, wal }
    }
}

fn wal_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

#[derive(Debug)]
struct State {
    rng: fastrand::Rng,
    probability: f64,
    /// What is left on disk after a crash.
    left: Option<Files>,
    /// The files before a commit that is being written.
    committing: Option<Files>,
    torn_commits: u64,
}

/// Decides at each step whether the machine crashes at this point.
#[derive(Debug, Clone)]
pub(crate) struct Fuse {
    database: PathBuf,
    state: Arc<Mutex<State>>,
    blown: Arc<Notify>,
}

impl Fuse {
    pub(crate) fn new(database: &Path, probability: f64, seed: u64) -> Fuse {
        let rng = fastrand::Rng::with_seed(seed);
        let state = State { rng, probability, left: None, committing: None, torn_commits: 0 };
        Fuse { database: database.to_owned(), state: Arc::new(Mutex::new(state)), blown: Arc::new(Notify::new()) }
    }

    /// Watches the commits of a connection.
    pub(crate) fn watch(&self, connection: &Connection) -> Result<(), crate::store::StoreError> {
        let fuse = self.clone();
        connection.commit_hook(Some(move || fuse.at_commit()))?;
        Ok(())
    }

    /// Called at a commit. Whether the commit is refused because the machine is already down.
    fn at_commit(&self) -> bool {
        if self.at_step() {
            return true;
        }
        let mut state = self.lock();
        let probability = state.probability;
        if state.rng.f64() < probability {
            // The commit is interrupted while it is written. The next step finds the machine down.
            state.committing = Some(Files::read(&self.database));
        }
        false
    }

    /// Called at a step that is not a commit. Whether the machine is down.
    pub(crate) fn at_step(&self) -> bool {
        let mut state = self.lock();
        if state.left.is_some() {
            return true;
        }
        if let Some(before) = state.committing.take() {
            let after = Files::read(&self.database);
            let left = before.torn(&after, &mut state.rng);
            (state.left, state.torn_commits) = (Some(left), state.torn_commits + 1);
        } else {
            let probability = state.probability;
            if state.rng.f64() >= probability {
                return false;
            }
            state.left = Some(Files::read(&self.database));
        }
        self.blown.notify_one();
        true
    }

    /// Prevents crashes from now on, and cancels one that has begun.
    pub(crate) fn disarm(&self) {
        let mut state = self.lock();
        (state.probability, state.committing) = (0.0, None);
    }

    /// Waits until the machine is down.
    pub(crate) async fn blown(&self) {
        self.blown.notified().await;
    }

    /// What a crash left on disk, and whether it interrupted a commit. Includes an interrupted commit that no step has
    /// followed yet.
    pub(crate) fn take(&self) -> Option<(Files, bool)> {
        let torn = self.lock().committing.is_some();
        if torn {
            self.at_step();
        }
        let mut state = self.lock();
        let torn = state.torn_commits > 0;
        state.left.take().map(|left| (left, torn))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
