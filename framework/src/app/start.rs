//! Starts what the rules select for a group.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use dyeline_processors::lanes::{Clients, Connections};
use dyeline_router::{
    dye::Origin,
    process::{Process, Route},
    rules::StartKind,
};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    Application, Running, Scope, ServeError, ServeSettings, ServerAt,
    admin::Admin,
    component::{Component, Make},
    listener::{Served, accept},
    running::Started,
    stop::Stopper,
};
use crate::groups::word;

/// Where a server listens when nothing is said: for this machine only, where there is room.
const FREE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// The longest name of a service, a group or a component, as in rules.
const LONGEST_NAME: usize = 63;

/// Starts what the rules select of an application for a group. Nothing is started unless all of it can be; every
/// listener takes connections when this returns.
///
/// # Errors
/// The rules do not fit the application, a name is none, or an address cannot be listened on.
pub async fn start(application: Application, settings: ServeSettings) -> Result<Running, ServeError> {
    check(&application, &settings)?;
    let process = process_of(&application, &settings)?;
    let (_, components) = application.into_components();
    let selected: Vec<Component> = components
        .into_iter()
        .filter(|component| starts(&settings, component.kind, &component.name))
        .collect();
    check_servers(&selected, &settings)?;
    let mut listeners = Vec::with_capacity(selected.len());
    for component in &selected {
        listeners.push(match component.make {
            Make::Server(_) => {
                let address = settings.listen.get(&component.name).copied().unwrap_or(FREE);
                Some(listen(&component.name, address).await?)
            }
            Make::Consumer(_) => None,
        });
    }
    let admin = match settings.admin {
        Some(address) => Some(listen("admin", address).await?),
        None => None,
    };
    Ok(Starting { settings, process }.start(selected.into_iter().zip(listeners), admin))
}

/// What is started with.
struct Starting {
    settings: ServeSettings,
    process: Process,
}

impl Starting {
    fn start(
        self,
        components: impl Iterator<Item = (Component, Option<(TcpListener, SocketAddr)>)>,
        admin: Option<(TcpListener, SocketAddr)>,
    ) -> Running {
        let (stopper, admin_stopper) = (Stopper::default(), Stopper::default());
        let clients = Clients::new(self.process.clone(), Connections::new());
        let live = self.settings.rules.as_ref().map(|rules| Arc::clone(&rules.live));
        let scope = Scope::new(clients, live, stopper.signal());
        let (mut servers, mut consumers, mut work) = (Vec::new(), Vec::new(), JoinSet::new());
        for (Component { kind, name, make }, listener) in components {
            match (make, listener) {
                (Make::Server(make), Some((listener, address))) => {
                    let edge = self.settings.edge.get(&name).cloned();
                    let process =
                        edge.map_or(self.process.clone(), |edge| self.process.clone().with_edge(edge));
                    let connections = make(scope.clone(), process);
                    tokio::spawn(accept(listener, connections, stopper.signal(), stopper.busy()));
                    servers.push(ServerAt { name, kind: word(kind).to_owned(), address });
                }
                (Make::Consumer(make), _) => {
                    let (future, busy) = (make(scope.clone()), stopper.busy());
                    consumers.push(name.clone());
                    work.spawn(async move {
                        let _busy = busy;
                        (name, future.await)
                    });
                }
                // A server without a listener was never selected.
                (Make::Server(_), None) => {}
            }
        }
        let admin = admin.map(|(listener, address)| {
            let served = Served::new(Admin::new(self.process.clone(), stopper.signal()));
            tokio::spawn(accept(listener, Box::new(served), admin_stopper.signal(), admin_stopper.busy()));
            address
        });
        let (process, drain) = (self.process, self.settings.drain);
        Running::new(Started { process, servers, consumers, admin, work, stopper, admin_stopper, drain })
    }
}

async fn listen(name: &str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { name: name.to_owned(), address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn starts(settings: &ServeSettings, kind: StartKind, name: &str) -> bool {
    settings.rules.as_ref().is_none_or(|rules| rules.rules.starts(&settings.group, kind, name))
}

/// Names are names, none is there twice, and the rules fit.
fn check(application: &Application, settings: &ServeSettings) -> Result<(), ServeError> {
    let mut seen = BTreeSet::new();
    let names = application.names().map(|(kind, name)| (word(kind), name));
    let all = names.clone().chain([("service", application.service()), ("group", settings.group.as_str())]);
    for (what, name) in all {
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(valid) {
            return Err(ServeError::BadName { what, name: name.to_owned() });
        }
    }
    for (kind, name) in names {
        if !seen.insert((kind, name)) {
            return Err(ServeError::Duplicate(format!("{kind}:{name}")));
        }
    }
    match &settings.rules {
        Some(rules) => {
            application.inventory().check(&rules.rules, &settings.group).map_err(ServeError::Rules)
        }
        None => Ok(()),
    }
}

/// Listeners and edges are of servers that start.
fn check_servers(selected: &[Component], settings: &ServeSettings) -> Result<(), ServeError> {
    let servers = selected.iter().filter(|c| matches!(c.make, Make::Server(_))).map(|c| c.name.clone());
    let servers: Vec<String> = servers.collect();
    let mut named = settings.listen.keys().chain(settings.edge.keys());
    match named.find(|name| !servers.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let (name, group) = (name.clone(), settings.group.clone());
            Err(ServeError::UnknownServer { name, group, servers })
        }
    }
}

fn process_of(application: &Application, settings: &ServeSettings) -> Result<Process, ServeError> {
    let bad = || ServeError::BadName { what: "service", name: application.service().to_owned() };
    let mut process = Process::new(Origin::new(application.service(), &settings.group).ok_or_else(bad)?);
    if let Some(rules) = &settings.rules {
        process = process.with_rules(Arc::clone(&rules.live) as Arc<dyn Route>);
        if let Some(hosts) = &rules.hosts {
            process = process.with_hosts(hosts.clone());
        }
    }
    Ok(process)
}
