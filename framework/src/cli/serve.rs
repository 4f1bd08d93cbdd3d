//! `serve`: starts what the rules select of this program's service, until a signal ends it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use dyeline_router::{propagate::Edge, rules, toml::parse_duration};
use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::{runtime::Builder, sync::mpsc};

use super::{Exit, Failure, Session, failure::code, program::Program, rules::RulesInUse};
use crate::app::{End, RulesFor, Running, ServeError, ServeSettings, start};

/// What starts, and where it listens.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// The group of this process: what starts in it, and which traffic belongs to it
    #[arg(long, value_name = "NAME")]
    group: String,
    /// Where a server listens, any number of times; one that is not named takes a free port of this machine
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = name_and_address)]
    listen: Vec<(String, SocketAddr)>,
    /// Where health and counts are shown: /healthz, /ready, /metrics, /lanes
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// A server that faces the outside, any number of times: dyes are treated there as `[dye] edge` says
    #[arg(long, value_name = "NAME")]
    edge: Vec<String>,
    /// How long requests and consumers may take to end when the process is asked to
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    drain: Duration,
}

/// Serves until a signal, or a consumer that fails, ends it.
pub(super) fn serve(session: &Session, args: ServeArgs, program: Program) -> Result<Exit, Failure> {
    let Some(application) = program.into_application() else {
        let message = "this program is no service: it has commands and processors only";
        return Err(Failure::usage(code::NO_SERVICE, message)
            .hint("its `main` has to build one: `dyeline::Application::new(\"name\").http(…).main()`"));
    };
    let in_use = session.rules()?;
    let settings = settings(args, in_use.as_ref())?;
    let (group, service) = (settings.group.clone(), application.service().to_owned());
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| environment("its runtime", source))?;
    let (sender, signals) = mpsc::unbounded_channel();
    listen_to_signals(sender).map_err(|source| environment("the signal handler", source))?;
    runtime.block_on(async {
        let running = start(application, settings).await?;
        announce(session, &service, &group, &running);
        until_the_end(session, running, signals, in_use.as_ref()).await
    })
}

/// What of the rules and the flags becomes of a server.
fn settings(args: ServeArgs, in_use: Option<&RulesInUse>) -> Result<ServeSettings, Failure> {
    let edge = edge(in_use, &args.edge)?;
    let rules = in_use.map(|rules| RulesFor {
        rules: rules.rules.clone(),
        live: rules.live.clone(),
        hosts: rules.hosts.clone(),
    });
    let listen: BTreeMap<String, SocketAddr> = args.listen.into_iter().collect();
    Ok(ServeSettings {
        rules,
        listen,
        admin: args.admin,
        edge,
        drain: args.drain,
        ..ServeSettings::of_group(args.group)
    })
}

/// What is done to dyes at each server that faces the outside; without rules they are taken off.
fn edge(in_use: Option<&RulesInUse>, names: &[String]) -> Result<BTreeMap<String, Edge>, Failure> {
    let edge = match in_use.map(|rules| rules.rules.dye.edge) {
        None | Some(rules::Edge::Strip) => Edge::Strip,
        Some(rules::Edge::Trust) => Edge::Trust,
        Some(rules::Edge::Verify) if names.is_empty() => Edge::Strip,
        Some(rules::Edge::Verify) => {
            let message = "`edge = \"verify\"` needs keys, which `serve` is not given in this version";
            return Err(Failure::usage(code::RULES, message)
                .hint("put `dyeline route serve` before it, which verifies, or write `edge = \"strip\"`"));
        }
    };
    Ok(names.iter().map(|name| (name.clone(), edge.clone())).collect())
}

/// Says what serves where, once it does.
fn announce(session: &Session, service: &str, group: &str, running: &Running) {
    let console = &session.console;
    if console.is_json() {
        console.print_json(&json!({
            "service": service,
            "group": group,
            "servers": running.servers(),
            "consumers": running.consumers(),
            "admin": running.admin(),
        }));
        return;
    }
    let servers = running.servers().iter().map(|at| format!("{}:{} {}\n", at.kind, at.name, at.address));
    let consumers = running.consumers().iter().map(|name| format!("consumer:{name}\n"));
    let admin = running.admin().map(|at| format!("admin {at}\n"));
    console.print(&servers.chain(consumers).chain(admin).collect::<String>());
    console.tell(&format!("{service} serves in group {group}"));
}

/// Waits for the end, and comes to it.
async fn until_the_end(
    session: &Session,
    mut running: Running,
    mut signals: mpsc::UnboundedReceiver<i32>,
    rules: Option<&RulesInUse>,
) -> Result<Exit, Failure> {
    let failure = loop {
        tokio::select! {
            failure = running.failed() => break failure,
            signal = signals.recv() => match (signal, rules) {
                (Some(SIGHUP), Some(rules)) => rules.watch.trigger().reload(),
                (Some(SIGHUP), None) => {}
                _ => break None,
            },
        }
    };
    session.console.tell("stopping: requests under way come to their end; once more stops at once");
    let End { cut, failure: later } = tokio::select! {
        end = running.stop() => end,
        () = again(&mut signals) => End { cut: 0, failure: None },
    };
    if cut > 0 {
        tracing::warn!(cut, "connections and consumers did not end in time and were cut off");
    }
    match failure.or(later) {
        Some(failure) => Err(failure.into()),
        None => Ok(Exit::Done),
    }
}

/// Another signal that wants the end.
async fn again(signals: &mut mpsc::UnboundedReceiver<i32>) {
    while signals.recv().await == Some(SIGHUP) {}
}

/// Sends on the signals of this process. There are few, and whoever takes them reads on until the end.
fn listen_to_signals(sender: mpsc::UnboundedSender<i32>) -> std::io::Result<()> {
    let mut incoming = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let forward = move || {
        for signal in incoming.forever() {
            if sender.send(signal).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(forward).map(drop)
}

fn environment(what: &'static str, source: std::io::Error) -> Failure {
    ServeError::Start { what, source }.into()
}

/// `name=address`.
fn name_and_address(text: &str) -> Result<(String, SocketAddr), String> {
    let (name, address) = super::args::name_and_value(text)?;
    let address = address
        .parse()
        .map_err(|_| format!("`{address}` is no address with a port; write it as `{name}=127.0.0.1:8080`"))?;
    Ok((name, address))
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
}
