//! The signal to come to an end, and the wait until everything that works on has.

use tokio::sync::watch;

/// Says when to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is time to stop.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        // Without a stopper there is nobody left to work for.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}

/// What is waited for as long as it is there.
#[derive(Clone, Debug)]
pub struct Busy {
    /// Held only to be dropped.
    _held: watch::Receiver<()>,
}

/// Tells everything to stop, and waits for what is busy.
#[derive(Debug)]
pub struct Stopper {
    signal: watch::Sender<bool>,
    busy: watch::Sender<()>,
}

impl Default for Stopper {
    fn default() -> Self {
        Self { signal: watch::channel(false).0, busy: watch::channel(()).0 }
    }
}

impl Stopper {
    /// The signal.
    pub fn signal(&self) -> Stop {
        Stop(self.signal.subscribe())
    }

    /// Something to hold while at work.
    pub fn busy(&self) -> Busy {
        Busy { _held: self.busy.subscribe() }
    }

    /// Gives the signal.
    pub fn stop(&self) {
        self.signal.send_replace(true);
    }

    /// How much is at work.
    pub fn at_work(&self) -> usize {
        self.busy.receiver_count()
    }

    /// Waits until nothing is at work any more.
    pub async fn all_ended(&self) {
        self.busy.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_is_busy_is_waited_for_and_who_only_listens_is_not() {
        let stopper = Stopper::default();
        let (stop, busy) = (stopper.signal(), stopper.busy());
        let waits = tokio::spawn({
            let stop = stop.clone();
            async move { stop.wait().await }
        });
        assert!(!stop.is_set());
        stopper.stop();
        waits.await.unwrap();
        assert!(stop.is_set());
        let early = tokio::time::timeout(Duration::from_millis(20), stopper.all_ended()).await;
        assert!(early.is_err() && stopper.at_work() == 1, "one is at work still");
        drop(busy);
        stopper.all_ended().await;
    }
}
