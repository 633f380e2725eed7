//! Waits for the cluster that end when those who wait go away.
//!
//! A search says on its thread whose it is, for as long as a request takes; connections and the pauses between tries look at that in
//! short steps. A connection that is given up is closed, so that the cluster gives the search up too.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use rushes_index::{Budget, GivenUp};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector, Transport,
};

/// How often a wait looks whether somebody still waits.
const LOOK_EVERY: Duration = Duration::from_millis(40);

thread_local! {
    /// Whether the caller of the search that this thread is at has gone away.
    static CALLER: RefCell<Option<GivenUp>> = const { RefCell::new(None) };
}

/// While it lives, waits of this thread end when the caller of a search has gone away.
pub(crate) struct ForCaller(Option<GivenUp>);

impl ForCaller {
    pub fn of(budget: &Budget) -> Self {
        Self(CALLER.replace(budget.given_up()))
    }
}

impl Drop for ForCaller {
    fn drop(&mut self) {
        CALLER.set(self.0.take());
    }
}

/// Has the caller gone away for whom this thread waits?
pub(crate) fn is_gone() -> bool {
    CALLER.with_borrow(|caller| caller.as_ref().is_some_and(|is_gone| is_gone()))
}

/// Sleeps, or until the caller has gone away.
pub(crate) fn pause(wait: Duration) {
    let until = Instant::now() + wait;
    while !is_gone() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(LOOK_EVERY));
    }
}

/// Makes connections, with TLS where the address asks for it.
pub(crate) fn connector() -> impl Connector {
    // Below TLS, which then never sees a wait that ends in the midst of one of its records.
    ().chain(TcpConnector::default()).chain(WatchedConnector).chain(RustlsConnector::default())
}

#[derive(Debug)]
struct WatchedConnector;

impl<In: Transport> Connector<In> for WatchedConnector {
    type Out = WatchedTransport<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(WatchedTransport))
    }
}

/// A connection whose waits for an answer are cut into steps.
#[derive(Debug)]
struct WatchedTransport<T>(T);

impl<T: Transport> Transport for WatchedTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let begun = Instant::now();
        loop {
            if is_gone() {
                let why = "the caller has gone away";
                return Err(std::io::Error::new(std::io::ErrorKind::ConnectionAborted, why).into());
            }
            let left = timeout.after.saturating_sub(begun.elapsed());
            let step = NextTimeout { after: left.min(LOOK_EVERY).into(), ..timeout };
            match self.0.await_input(step) {
                Err(ureq::Error::Timeout(_)) if left > LOOK_EVERY => {}
                read => return read,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
