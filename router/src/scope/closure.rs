//! Closures that are run elsewhere.

use super::{current, sync_scope};

/// A closure that will run in the lane of the code that made it: for thread pools, callbacks, `std::thread::scope`.
/// Outside of any lane it stays as it is.
///
/// ```
/// # use dyeline_router::{dye::Lane, scope::{carry, current, sync_scope}};
/// sync_scope(Lane::of("nightly:7".parse().unwrap()), || {
///     std::thread::scope(|threads| {
///         threads.spawn(carry(|| assert_eq!(current().unwrap().dye().unwrap().chain(), "nightly")));
///     });
/// });
/// ```
pub fn carry<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let lane = current();
    move || match lane {
        Some(lane) => sync_scope(lane, work),
        None => work(),
    }
}
