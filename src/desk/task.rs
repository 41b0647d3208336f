//! Serves the front desk's page while the daemon runs: starts when there is a user, and continues with a changed
//! configuration. Nothing here can slow or stop a text.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::desk::Desk;
use crate::desk::server::router;
use crate::desk::shared::{READING, Shared};
use crate::domain::announcer::{Announcer, left_out};
use crate::listener::address::Address;
use crate::listener::serve::{self as listener, Site};
use crate::listener::site::Hosts;
use crate::listener::tls::Certificate;
use crate::store::connection::readers::Readers;
use crate::store::desk::users;
use crate::store::reports::changes;
use crate::store::{Store, StoreError};

/// How often the database is looked at for changes. It is a question about one number.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often the certificate's files, and whether there is a user, are looked at.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The state of a page that is served.
const SERVED: &str = "";

/// The page.
pub(crate) struct DeskPage {
    config: watch::Sender<Arc<Config>>,
    task: JoinHandle<()>,
}

impl DeskPage {
    /// Starts the task that serves the page, if the configuration says where.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>, config: Arc<Config>, nudge: Arc<Notify>) -> DeskPage {
        let (config, watched) = watch::channel(config);
        let keeper = Keeper { store, clock, nudge, config: watched, served: None, state: Announcer::starts_as(SERVED) };
        DeskPage { config, task: tokio::spawn(keeper.run()) }
    }

    /// Continues with a changed configuration.
    pub(crate) fn adopt(&self, config: Arc<Config>) {
        self.config.send_replace(config);
    }

    /// Ends it; an act in progress is finished or undone by the database.
    pub(crate) async fn stop(self) {
        drop(self.config);
        let _ = tokio::time::timeout(CHECK_EVERY, self.task).await;
    }
}

/// A page that is served.
struct Served {
    desk: Desk,
    certificate: Option<Arc<Certificate>>,
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl Served {
    /// Whether the page can stay as it is: a language needs no other listener.
    fn serves(&self, wanted: &Desk) -> bool {
        let as_served = Desk { language: self.desk.language, ..wanted.clone() };
        as_served == self.desk && !self.tasks.iter().any(JoinHandle::is_finished)
    }

    async fn end(self) {
        for task in self.tasks {
            task.abort();
            // The port is free again once the task has ended.
            let _ = task.await;
        }
        self.shared.close().await;
        listener::remove_socket(&self.desk.listen);
    }
}

struct Keeper {
    store: Store,
    clock: Arc<dyn Clock>,
    nudge: Arc<Notify>,
    config: watch::Receiver<Arc<Config>>,
    served: Option<Served>,
    state: Announcer,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            self.check().await;
            tokio::select! {
                () = tokio::time::sleep(CHECK_EVERY) => {}
                changed = self.config.changed() => if changed.is_err() { break },
            }
        }
        if let Some(served) = self.served.take() {
            served.end().await;
        }
    }

    /// Starts, ends or renews what is served.
    async fn check(&mut self) {
        let wanted = self.config.borrow_and_update().desk.clone();
        let stays = |served: &Served| wanted.as_ref().is_some_and(|wanted| served.serves(wanted));
        if let Some(served) = self.served.take_if(|served| !stays(served)) {
            served.end().await;
        }
        let Some(desk) = wanted else {
            self.state.is(SERVED, self.clock.boot());
            return;
        };
        let state = match &self.served {
            Some(served) => match served.certificate.as_ref().map(|certificate| certificate.renew()) {
                Some(Ok(true)) => {
                    info!("the certificate of the front desk's page was renewed");
                    SERVED.to_owned()
                }
                Some(Err(error)) => format!("{error}; the page still uses the previous certificate. Correct the files"),
                Some(Ok(false)) | None => SERVED.to_owned(),
            },
            None => match self.serve(&desk).await {
                Ok(()) => SERVED.to_owned(),
                Err(why) => why,
            },
        };
        if let Some(changes) = self.state.is(&state, self.clock.boot())
            && state != SERVED
        {
            error!("the front desk's page has a problem: {state}. Texts still go out{}", left_out(changes));
        }
    }

    /// Serves the page. `Err`: why not, and what to do.
    async fn serve(&mut self, desk: &Desk) -> Result<(), String> {
        match self.store.read(users::exist).await {
            Ok(true) => {}
            Ok(false) => {
                return Err("it is not served, because it has no users; add one with `leadtime desk add-user NAME --role manager`".to_owned());
            }
            Err(error) => return Err(format!("the database cannot be read: {error}")),
        }
        let certificate = desk.certificate.as_ref().map(Certificate::read).transpose();
        let certificate =
            certificate.map_err(|error| format!("it is not served, because {error}. Correct the files"))?;
        let certificate = certificate.map(Arc::new);
        let (changed, changes) = watch::channel(0);
        let readers = Arc::new(Readers::for_a_person(READING, &self.config.borrow().database));
        let (clock, config, nudge) = (self.clock.clone(), self.config.clone(), self.nudge.clone());
        let shared = Arc::new(Shared::new(readers.clone(), clock, config, nudge, changes, desk));
        let site = Site {
            hosts: Hosts::named(&desk.hosts),
            certificate: certificate.clone(),
            checks_socket: desk.is_behind_proxy,
        };
        let watching = tokio::spawn(watch_changes(readers, changed));
        let served = listener::serve(&desk.listen, router(shared.clone()), listener::FOR_PEOPLE, site).await;
        let (task, place) = served.map_err(|error| {
            watching.abort();
            let listen: &Address = &desk.listen;
            format!("it cannot listen at {listen}: {error}. Choose another `listen` in [desk], then run `systemctl reload leadtime`")
        })?;
        info!("the front desk's page is served at {place}");
        self.served = Some(Served { desk: desk.clone(), certificate, shared, tasks: [task, watching] });
        Ok(())
    }
}

/// Looks for changes as long as the page is served.
async fn watch_changes(readers: Arc<Readers>, changed: watch::Sender<i64>) {
    loop {
        match readers.clone().read(changes::last).await {
            Ok(last) => drop(changed.send_if_modified(|known| std::mem::replace(known, last) != last)),
            Err(StoreError::Closed) => return,
            // The pages stay as they are until the database can be read.
            Err(_) => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
