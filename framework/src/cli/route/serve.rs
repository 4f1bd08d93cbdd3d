//! `route serve`: the proxy, until a signal ends it.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use dyeline_router::{
    propagate::{
        Edge,
        edge::{EdgeKey, EdgeKeys},
    },
    proxy::{Caller, Listener, ServeError, Server, Settings, serve as run},
    reload::Live,
    rules::{self, Rules},
};
use miette::Diagnostic;
use serde_json::json;

use super::explain::{known_group, known_service};
use crate::{
    cli::{Exit, Failure, Session, args::name_and_value, failure::code},
    control::with_causes,
};

/// Rules, where calls come in, and who makes them.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ServeArgs {
    /// The rules file; it is followed, and read again on SIGHUP
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where calls from inside come in, any number of times; their host names the service
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["edge", "before"])]
    listen: Vec<SocketAddr>,
    /// Where calls from outside come in, any number of times: dyes are treated there as `[dye] edge` says
    #[arg(long, value_name = "ADDRESS")]
    edge: Vec<SocketAddr>,
    /// Where calls of one group come in, any number of times: what does not belong there is refused
    #[arg(long, value_name = "SERVICE:GROUP=ADDRESS", value_parser = before)]
    before: Vec<Before>,
    /// The service that calls through this proxy, for `"a -> b"` rules [default: what `x-dye-from` says]
    #[arg(long, value_name = "SERVICE")]
    from: Option<String>,
    /// The group of the process that calls: where its calls without a dye go
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// A key of those who may vouch for a dye from outside, as `env:VARIABLE` or `file:PATH`, any number of times
    #[arg(long, value_name = "NAME=PLACE", value_parser = name_and_value)]
    key: Vec<(String, String)>,
    /// Where health and counts are shown: /healthz, /ready, /metrics, /routes
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// Threads, each with connections of its own [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Answer `x-dyeline-route: explain` with the route; it tells callers about groups and endpoints
    #[arg(long)]
    explain: bool,
}

/// A group and the address in front of it.
#[derive(Clone, Debug)]
struct Before {
    service: String,
    group: String,
    address: SocketAddr,
}

/// Serves until a signal ends it.
pub(super) fn serve(session: &Session, args: &ServeArgs) -> Result<Exit, Failure> {
    let rules = Rules::load(&args.file)?;
    let settings = settings(&rules, args)?;
    let (live, warnings) = Live::open(&args.file)?;
    if !warnings.is_empty() {
        session.console.tell(&warnings.render(session.console.err.look()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ServeError::Start).map_err(failed)?;
    let listeners = settings.listeners.clone();
    let started = |server: &Server| announce(session, &listeners, server);
    runtime.block_on(run(settings, Arc::new(live), started)).map_err(failed)?;
    Ok(Exit::Done)
}

/// What of the rules and the flags becomes of a proxy.
fn settings(rules: &Rules, args: &ServeArgs) -> Result<Settings, Failure> {
    args.from.as_ref().map_or(Ok(()), |from| known_service(rules, from))?;
    args.group.as_ref().map_or(Ok(()), |group| known_group(rules, group))?;
    let mut listeners: Vec<Listener> = args.listen.iter().copied().map(Listener::new).collect();
    if !args.edge.is_empty() {
        let edge = edge(rules, &args.key)?;
        let outside = |address: &SocketAddr| Listener { edge: Some(edge.clone()), ..Listener::new(*address) };
        listeners.extend(args.edge.iter().map(outside));
    }
    for Before { service, group, address } in &args.before {
        known_service(rules, service)?;
        known_group(rules, group)?;
        let (service, group) = (Some(service.clone()), Some(group.clone()));
        listeners.push(Listener { service, group, ..Listener::new(*address) });
    }
    // The first is replaced by all of them.
    let first =
        listeners.first().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), |first| first.address);
    Ok(Settings {
        listeners,
        admin: args.admin,
        caller: Caller { service: args.from.clone(), group: args.group.clone() },
        only_to: rules.dye.hosts(),
        threads: args.threads.map_or(0, usize::from),
        explain: args.explain,
        ..Settings::new(first)
    })
}

/// What is done to dyes from outside.
fn edge(rules: &Rules, keys: &[(String, String)]) -> Result<Edge, Failure> {
    match rules.dye.edge {
        rules::Edge::Strip => Ok(Edge::Strip),
        rules::Edge::Trust => Ok(Edge::Trust),
        rules::Edge::Verify if keys.is_empty() => {
            let message = "`edge = \"verify\"` needs a key, and none is given";
            Err(Failure::usage(code::ARGUMENT, message)
                .hint("name who vouches and where the key is: `--key bank=file:/run/secrets/bank`"))
        }
        rules::Edge::Verify => {
            let keys = keys.iter().map(|(name, place)| EdgeKey::from_reference(name, place));
            let keys: Result<Vec<EdgeKey>, _> = keys.collect();
            keys.map(|keys| Edge::Verify(EdgeKeys::new(keys))).map_err(|bad| told(Exit::Usage, &bad))
        }
    }
}

/// Says where it listens, once it does.
fn announce(session: &Session, listeners: &[Listener], server: &Server) {
    let console = &session.console;
    let role = |listener: &Listener| match (&listener.service, &listener.group, &listener.edge) {
        (Some(service), Some(group), _) => format!("before {service}:{group}"),
        (_, _, Some(_)) => "edge".to_owned(),
        _ => "listen".to_owned(),
    };
    let at: Vec<(String, &SocketAddr)> = listeners.iter().map(role).zip(server.addresses()).collect();
    if console.is_json() {
        let listeners: Vec<_> = at.iter().map(|(role, at)| json!({ "role": role, "address": at })).collect();
        console.print_json(&json!({ "listeners": listeners, "admin": server.admin() }));
        return;
    }
    let lines = at.iter().map(|(role, at)| format!("{role} {at}\n"));
    let admin = server.admin().map(|at| format!("admin {at}\n"));
    console.print(&lines.chain(admin).collect::<String>());
}

fn failed(error: ServeError) -> Failure {
    told(Exit::Environment, &error)
}

/// An error that knows its code and what to do.
fn told(exit: Exit, error: &(impl Diagnostic + 'static)) -> Failure {
    let code = error.code().map(|code| code.to_string()).unwrap_or_default();
    let failure = Failure::new(exit, &code, with_causes(error));
    failure.hint(error.help().map(|help| help.to_string()).unwrap_or_default())
}

/// `service:group=address`.
fn before(text: &str) -> Result<Before, String> {
    let (name, address) = name_and_value(text)?;
    let why = || "write it as `ledger:batch=127.0.0.1:8080`".to_owned();
    let (service, group) = name.split_once(':').ok_or_else(why)?;
    let address = address.parse().map_err(|_| why())?;
    Ok(Before { service: service.to_owned(), group: group.to_owned(), address })
}
