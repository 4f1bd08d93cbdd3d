//! Calls that a process receives.

use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use super::{Process, Refusal};
use crate::{
    decide::Belongs,
    dye::{Dye, Lane, Origin},
    propagate::{Event, extract},
    report::{Hop, Seen},
};

impl Process {
    /// Takes in a call: does to its dye what the edge says, reads the lane it brings, and looks whether it belongs
    /// here. The caller of this runs the work in [`scope`](crate::scope::scope) of that lane.
    ///
    /// A call without a dye belongs to a lane's group if its caller is of the same group: a lost tag stays in its lane.
    ///
    /// # Errors
    ///
    /// This process is of a lane's group, and the call does not belong to it.
    pub fn receive(&self, headers: &mut HeaderMap) -> Result<Lane, Refusal> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.edge().admit(headers, now_s, self.stats());
        let lane = extract(headers, self.stats());
        let of_this_group = lane.origin().map(Origin::group) == Some(self.origin().group());
        let (admitted, seen): (bool, &[Seen]) = match self.belongs(lane.dye().map(Dye::iteration)) {
            Belongs::Yes => (true, &[Seen::Received]),
            Belongs::Undyed => (of_this_group, &[Seen::Received, Seen::Undyed]),
            Belongs::Foreign => (false, &[Seen::Received, Seen::Foreign]),
        };
        let hop = Hop {
            iteration: lane.dye().map_or("", Dye::iteration),
            from: lane.origin().map_or("", Origin::service),
            from_group: lane.origin().map_or("", Origin::group),
            to: self.origin().service(),
            to_group: self.origin().group(),
        };
        self.calls().count(hop, seen);
        if admitted {
            Ok(lane)
        } else {
            self.stats().add(Event::Refused);
            Err(Refusal::new(self.origin().clone(), &lane))
        }
    }
}
