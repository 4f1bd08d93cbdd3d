//! The services of a run, each in its groups, a process each.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
};

use super::{
    child::Child,
    place::{Of, Place},
};
use crate::{
    failure::{Failure, ResultExt as _},
    service::Counts,
};

/// Services that run until this is dropped.
pub(super) struct Fleet<'a> {
    place: &'a Place,
    rules: PathBuf,
    running: BTreeMap<Of, Child>,
}

impl<'a> Fleet<'a> {
    /// Starts every service in these groups by these rules, and waits until all can be called.
    pub fn start(place: &'a Place, groups: &[&str], rules: PathBuf) -> Result<Self, Failure> {
        let mut fleet = Self { place, rules, running: BTreeMap::new() };
        for of in place.addresses.keys().filter(|(_, group)| groups.contains(&group.as_str())) {
            let child = fleet.process(of)?;
            fleet.running.insert(of.clone(), child);
        }
        fleet.running.values_mut().try_for_each(Child::ready)?;
        Ok(fleet)
    }

    /// Starts a process, those of `online` on the users' core, all others on the batch's.
    fn process(&self, of: &Of) -> Result<Child, Failure> {
        let ((service, group), place) = (of, self.place);
        let core = if group == "online" { place.cores.online } else { place.cores.batch };
        let words = [
            ["service".to_owned(), "--steps".to_owned()],
            [place.work.steps.to_string(), service.clone()],
            ["--group".to_owned(), group.clone()],
            ["--listen".to_owned(), format!("api={}", place.addresses[of])],
            ["--rules".to_owned(), self.rules.display().to_string()],
        ];
        Child::start(&format!("{service}/{group}"), &words.concat(), core, &place.folder)
    }

    /// Ends a process at once, as a crash would.
    pub fn kill(&mut self, of: &Of) {
        self.running.remove(of);
    }

    /// Starts a process again at the same address.
    pub fn restart(&mut self, of: &Of) -> Result<(), Failure> {
        let mut child = self.process(of)?;
        child.ready()?;
        self.running.insert(of.clone(), child);
        Ok(())
    }

    /// What each process that runs has counted since it was started.
    pub fn counts(&self) -> Result<BTreeMap<Of, Counts>, Failure> {
        self.running.keys().map(|of| Ok((of.clone(), counts(of, self.place.addresses[of])?))).collect()
    }
}

/// What a process has counted. A lane's group takes nothing but calls of its lane, so that this is one.
fn counts((_, group): &Of, address: SocketAddr) -> Result<Counts, Failure> {
    let what = || format!("ask {address} for its counts");
    let dye = match group.as_str() {
        "batch" => "x-dye: lanes-demo@1\r\n",
        "next" => "x-dye: lanes-demo@2\r\n",
        _ => "",
    };
    let mut stream = TcpStream::connect(address).why(what())?;
    let request = format!("GET /counts HTTP/1.1\r\nhost: {address}\r\n{dye}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).why(what())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).why(what())?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).why(format!("{} (it says `{answer}`)", what()))
}
