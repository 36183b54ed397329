use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use device::Host;

/// How long a name may take before the attempt fails.
const DEADLINE: Duration = Duration::from_secs(4);

/// The most threads that look names up, one name each. The system's resolver may hold a thread for half a minute when no name
/// server answers. The governor lets fewer attempts fail in that time, so that a name which would resolve finds a free thread
/// however many others hang.
const MOST_THREADS: usize = 64;

/// More addresses than this of one name are not looked at.
const MOST_ADDRESSES: usize = 64;

/// The resolver of the whole program, so that one name is looked up once at a time whoever asks.
static RESOLVER: LazyLock<Arc<Resolver>> = LazyLock::new(|| {
    Arc::new(Resolver::new(|name| {
        let found = (name, 0).to_socket_addrs().map_err(|error| error.to_string())?;
        Ok(found.collect())
    }))
});

/// All addresses of `host`, in the resolver's order; a literal address is itself. Asked anew at every attempt, never kept:
/// a recorder behind dynamic DNS moves.
pub(super) async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let name = match host {
        Host::Ip(ip) => return Ok(vec![canonical(SocketAddr::new(*ip, port))]),
        // The resolver knows the number of the interface.
        Host::Zoned(..) => host.to_string(),
        Host::Name(name) => name.clone(),
    };
    RESOLVER.resolve(name, port).await
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ResolveError {
    Timeout,
    Failed(String),
}

/// What the system says of a name, or why it says nothing.
type LookUpAnswer = Result<Vec<SocketAddr>, String>;

/// A look-up that is under way, for everybody who waits for it.
type PendingLookUp = Shared<oneshot::Receiver<LookUpAnswer>>;

/// Looks names up on threads of its own. Each name has one look-up at a time, which all who ask for that name share, so that a
/// name that hangs holds one thread and keeps nobody waiting but those who ask for it.
struct Resolver {
    /// Asks the system, and may take long.
    ask_system: Box<dyn Fn(&str) -> LookUpAnswer + Send + Sync>,
    pending: Mutex<HashMap<String, PendingLookUp>>,
    threads: Arc<Semaphore>,
}

impl Resolver {
    fn new(ask_system: impl Fn(&str) -> LookUpAnswer + Send + Sync + 'static) -> Self {
        Self {
            ask_system: Box::new(ask_system),
            pending: Mutex::default(),
            threads: Arc::new(Semaphore::new(MOST_THREADS)),
        }
    }

    async fn resolve(self: &Arc<Self>, name: String, port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
        let found = tokio::time::timeout(DEADLINE, self.look_up(name))
            .await
            .map_err(|_elapsed| ResolveError::Timeout)?
            .map_err(ResolveError::Failed)?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for mut address in found.into_iter().map(canonical) {
            address.set_port(port);
            if !addresses.contains(&address) && addresses.len() < MOST_ADDRESSES {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(ResolveError::Failed("the name has no address".to_owned()));
        }
        Ok(addresses)
    }

    /// Joins the look-up of this name, or begins one as soon as a thread is free.
    async fn look_up(self: &Arc<Self>, name: String) -> LookUpAnswer {
        let joined = self.pending().get(&name).cloned();
        let pending = match joined {
            Some(pending) => pending,
            None => {
                let permit = Arc::clone(&self.threads).acquire_owned().await;
                self.begin(name, permit.map_err(|closed| closed.to_string())?)?
            }
        };
        pending
            .await
            .unwrap_or_else(|_lost| Err("the look-up ended without an answer".to_owned()))
    }

    /// Begins a look-up of this name, unless another one has begun meanwhile.
    fn begin(self: &Arc<Self>, name: String, permit: OwnedSemaphorePermit) -> Result<PendingLookUp, String> {
        let (answer, pending) = oneshot::channel();
        let pending = pending.shared();
        match self.pending().entry(name.clone()) {
            Entry::Occupied(known) => return Ok(known.get().clone()),
            Entry::Vacant(free) => free.insert(pending.clone()),
        };
        let work = LookUp {
            resolver: Arc::clone(self),
            name,
            _permit: permit,
        };
        std::thread::Builder::new()
            .name("look-up".to_owned())
            .spawn(move || {
                let found = (work.resolver.ask_system)(&work.name);
                // From here on the name is looked up anew.
                drop(work);
                answer.send(found).ok();
            })
            .map_err(|error| error.to_string())?;
        Ok(pending)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<String, PendingLookUp>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look-up on its thread. When it ends, however it ends, its name may be looked up again and its thread is free.
struct LookUp {
    resolver: Arc<Resolver>,
    name: String,
    _permit: OwnedSemaphorePermit,
}

impl Drop for LookUp {
    fn drop(&mut self) {
        self.resolver.pending().remove(&self.name);
    }
}

/// An IPv4-mapped IPv6 address is dialled as the IPv4 address that it is.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::new(IpAddr::V4(v4), address.port()),
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;

    use super::*;

    /// A system's resolver that answers names which begin with `good` at once and lets all others hang until it is released.
    #[derive(Default)]
    struct System {
        asked: Mutex<Vec<String>>,
        released: Mutex<bool>,
        changed: Condvar,
    }

    impl System {
        fn resolver(self: &Arc<Self>) -> Arc<Resolver> {
            let system = Arc::clone(self);
            Arc::new(Resolver::new(move |name| system.answer(name)))
        }

        fn answer(&self, name: &str) -> LookUpAnswer {
            self.asked.lock().unwrap().push(name.to_owned());
            self.changed.notify_all();
            if !name.starts_with("good") {
                let released = self.released.lock().unwrap();
                drop(self.changed.wait_while(released, |released| !*released).unwrap());
            }
            Ok(vec!["192.0.2.7:0".parse().unwrap()])
        }

        fn release(&self) {
            *self.released.lock().unwrap() = true;
            self.changed.notify_all();
        }

        /// How many names the system was asked for, once there were at least so many.
        fn asked(&self, at_least: usize) -> usize {
            let asked = self.asked.lock().unwrap();
            let waited = self.changed.wait_while(asked, |asked| asked.len() < at_least);
            waited.unwrap().len()
        }
    }

    fn found() -> Result<Vec<SocketAddr>, ResolveError> {
        Ok(vec!["192.0.2.7:554".parse().unwrap()])
    }

    /// Begins to ask for a name, and does not wait for the answer.
    fn ask(resolver: &Arc<Resolver>, name: &str) -> tokio::task::JoinHandle<Result<Vec<SocketAddr>, ResolveError>> {
        let (resolver, name) = (Arc::clone(resolver), name.to_owned());
        tokio::spawn(async move { resolver.resolve(name, 554).await })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn names_that_hang_do_not_keep_another_name_waiting() {
        let system = Arc::new(System::default());
        let resolver = system.resolver();
        let hanging: Vec<_> = (0..40)
            .map(|number| ask(&resolver, &format!("dead-{number}")))
            .collect();
        assert_eq!(system.asked(40), 40);
        assert_eq!(resolver.resolve("good".to_owned(), 554).await, found());
        system.release();
        for answer in hanging {
            assert_eq!(answer.await.unwrap(), found());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn all_who_ask_for_a_name_share_one_look_up_and_later_ones_ask_anew() {
        let system = Arc::new(System::default());
        let resolver = system.resolver();
        let mut waiting: Vec<_> = (0..5)
            .map(|_| Box::pin(resolver.resolve("slow".to_owned(), 554)))
            .collect();
        for one in &mut waiting {
            assert_eq!(one.now_or_never(), None, "it has begun to wait");
        }
        system.release();
        for one in waiting {
            assert_eq!(one.await, found());
        }
        assert_eq!(system.asked(1), 1);
        assert_eq!(resolver.resolve("slow".to_owned(), 554).await, found());
        assert_eq!(system.asked(2), 2, "an answer is not kept");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_hangs_fails_and_is_not_asked_for_twice() {
        let system = Arc::new(System::default());
        let resolver = system.resolver();
        for _ in 0..3 {
            let answer = resolver.resolve("dead".to_owned(), 554).await;
            assert_eq!(answer, Err(ResolveError::Timeout));
        }
        assert_eq!(system.asked(1), 1);
        system.release();
    }

    #[tokio::test(start_paused = true)]
    async fn threads_are_bounded_whatever_hangs() {
        let system = Arc::new(System::default());
        let resolver = system.resolver();
        let hanging: Vec<_> = (0..MOST_THREADS + 20)
            .map(|number| ask(&resolver, &format!("dead-{number}")))
            .collect();
        for answer in hanging {
            assert_eq!(answer.await.unwrap(), Err(ResolveError::Timeout));
        }
        assert_eq!(system.asked(MOST_THREADS), MOST_THREADS);
        system.release();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_look_up_that_breaks_off_is_an_error_and_the_name_is_asked_for_again() {
        let broken = Arc::new(Resolver::new(|_name| panic!("a defect")));
        for _ in 0..2 {
            let answer = broken.resolve("dvr".to_owned(), 554).await;
            assert!(matches!(answer, Err(ResolveError::Failed(_))), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_zone_becomes_the_number_of_its_interface() {
        let found = resolve(&"fe80::1%1".parse().unwrap(), 554).await.unwrap();
        assert!(
            matches!(found[..], [SocketAddr::V6(address)] if address.scope_id() == 1 && address.port() == 554),
            "{found:?}"
        );
    }
}
