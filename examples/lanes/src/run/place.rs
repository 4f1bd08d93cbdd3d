//! Where everything is in one run: folders, free ports, and rules that name them.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use dyeline_router::rules::{Members, Rules};

use super::cores::Cores;
use crate::{
    failure::{Failure, ResultExt as _},
    service::Work,
};

/// The rules as they are shown to readers.
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules.toml");

/// A service and its group.
pub(super) type Of = (String, String);

/// Where everything is.
#[derive(Debug)]
pub(super) struct Place {
    /// Logs, rules, state and results.
    pub folder: PathBuf,
    /// The rules of the example, with the ports of this run.
    pub lanes: PathBuf,
    /// Rules that know of no lane.
    pub no_lanes: PathBuf,
    /// Where each service listens in each group.
    pub addresses: BTreeMap<Of, SocketAddr>,
    /// What is pinned where.
    pub cores: Cores,
    /// What each call costs.
    pub work: Work,
}

impl Place {
    /// A place for a run: a folder beside the program, ports that are free right now.
    pub fn find() -> Result<Self, Failure> {
        let cores = Cores::of_process()?;
        let program = std::env::current_exe().why("find this program")?;
        let folder = program.with_file_name("lanes-run");
        fs::create_dir_all(&folder).why(format!("create {}", folder.display()))?;
        let rules = Rules::load(Path::new(RULES)).map_err(|mistakes| Failure::new(mistakes.to_string()))?;
        let text = fs::read_to_string(RULES).why(format!("read {RULES}"))?;
        let (text, addresses) = with_free_ports(&rules, text)?;
        let (lanes, no_lanes) = (folder.join("rules.toml"), folder.join("no-lanes.toml"));
        fs::write(&lanes, text).why(format!("write {}", lanes.display()))?;
        fs::write(&no_lanes, without_lanes(&addresses)).why(format!("write {}", no_lanes.display()))?;
        super::cores::pin(cores.batch)?;
        Ok(Self { folder, lanes, no_lanes, addresses, cores, work: Work::calibrated() })
    }
}

/// Puts free ports of this machine in the place of the addresses in a rules file.
fn with_free_ports(rules: &Rules, mut text: String) -> Result<(String, BTreeMap<Of, SocketAddr>), Failure> {
    let mut addresses = BTreeMap::new();
    // All are held until the last is found, so that no two are the same.
    let mut held = Vec::new();
    for service in &rules.services {
        for group in &service.groups {
            let Members::Endpoints(endpoints) = &group.members else { continue };
            let listener = TcpListener::bind("127.0.0.1:0").why("find a free port")?;
            let address = listener.local_addr().why("find a free port")?;
            for endpoint in endpoints {
                text = text.replace(&endpoint.value.authority().to_string(), &address.to_string());
            }
            addresses.insert((service.name.value.clone(), group.name.value.clone()), address);
            held.push(listener);
        }
    }
    Ok((text, addresses))
}

/// Rules with the same services in group `online` only. Nobody calls group `batch` then, and it is no lane.
fn without_lanes(addresses: &BTreeMap<Of, SocketAddr>) -> String {
    let mut text = "version = 1\n[dye]\nedge = \"trust\"\nonly_to = [\"127.0.0.1\"]\n".to_owned();
    text += "[groups.batch]\nstart = [\"processor:*\", \"http:*\", \"grpc:*\"]\n";
    for ((service, group), address) in addresses.iter().filter(|((_, group), _)| group == "online") {
        let scheme = if service == "ledger" { "grpc" } else { "http" };
        text += &format!("[services.{service}]\n{group} = \"{scheme}://{address}\"\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_with_free_ports_are_the_same_rules() {
        let rules = Rules::load(Path::new(RULES)).unwrap();
        let (text, addresses) = with_free_ports(&rules, fs::read_to_string(RULES).unwrap()).unwrap();
        let (folder, read) =
            (tempfile::tempdir().unwrap(), |text: String, name: &str| (text, name.to_owned()));
        for (text, name) in [read(text, "lanes"), read(without_lanes(&addresses), "none")] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let (live, _) = dyeline_router::reload::Live::open(&path).unwrap();
            let table = live.table();
            assert_eq!(table.is_lane_group("batch"), path.ends_with("lanes"));
        }
        assert_eq!(addresses.len(), 9);
        let ports: std::collections::BTreeSet<u16> = addresses.values().map(SocketAddr::port).collect();
        assert_eq!(ports.len(), 9);
    }
}
