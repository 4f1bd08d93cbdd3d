//! The clock.

/// Fires what is due. The shell sends it when [`Engine::next_timer`](crate::Engine::next_timer) has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick;
