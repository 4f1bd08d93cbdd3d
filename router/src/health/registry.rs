//! Every replica that a table in use knows, so that what is known of it survives a swap of tables.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Clock, Endpoint, Monotonic};
use crate::rules::Address;

/// The replicas of the tables in use, by service and address. Replicas that no table has any more are forgotten.
#[derive(Debug)]
pub struct Endpoints {
    known: Mutex<HashMap<(String, Address), Weak<Endpoint>>>,
    clock: Arc<dyn Clock>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self::with_clock(Arc::new(Monotonic::default()))
    }
}

impl Endpoints {
    /// None yet, and a clock by which their health is told.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { known: Mutex::default(), clock }
    }

    /// The replica of a service at an address: the one that a table in use has, else a new one.
    pub fn get(&self, service: &str, address: &Address) -> Arc<Endpoint> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = known.entry((service.to_owned(), address.clone())).or_default();
        slot.upgrade().unwrap_or_else(|| {
            let endpoint = Arc::new(Endpoint::new(address.clone()));
            *slot = Arc::downgrade(&endpoint);
            endpoint
        })
    }

    /// Forgets the replicas that no table has any more.
    pub fn forget_unused(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, endpoint| endpoint.strong_count() > 0);
    }

    /// The clock by which their health is told.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
