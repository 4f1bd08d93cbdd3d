//! `service`: one service in one group, as a process of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, routing::get};
use dyeline_router::{
    dye::Origin, process::Process, propagate::Event, reload::Live, rules::Rules, toml::Mistakes,
};

use super::{Work, facade, ledger, risk, tally::Tally};
use crate::{
    failure::{Failure, ResultExt as _},
    wire::{self, Clients},
};

/// Serve one service in one group
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Serve {
    /// Which
    service: Name,
    /// In which group
    #[arg(long)]
    group: String,
    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
    /// Where calls go
    #[arg(long)]
    rules: PathBuf,
    /// Steps of computing for each call [default: as many as this machine does in 40 µs]
    #[arg(long)]
    steps: Option<u32>,
}

/// The services.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Name {
    Facade,
    Ledger,
    Risk,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Facade => "facade",
            Self::Ledger => "ledger",
            Self::Risk => "risk",
        }
    }
}

impl Serve {
    /// Serves until the process ends.
    pub fn run(self) -> Result<(), Failure> {
        let process = process(self.service.text(), &self.group, &self.rules)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.why("start the runtime")?;
        runtime.block_on(self.serve(&process)).why(format!("serve {} at {}", process.origin(), self.listen))
    }

    async fn serve(&self, process: &Process) -> std::io::Result<()> {
        let work = self.steps.map_or_else(Work::calibrated, |steps| Work { steps });
        let (tally, clients) = (Arc::<Tally>::default(), Clients::new(process));
        let routes = match self.service {
            Name::Facade => facade::routes(work, Arc::clone(&tally), clients),
            Name::Ledger => ledger::routes(work, Arc::clone(&tally), clients),
            Name::Risk => risk::routes(work, Arc::clone(&tally)),
        };
        let stats = Arc::clone(process.stats());
        let counts = move || {
            let counts = tally.counts(stats.get(Event::Refused));
            async move { serde_json::to_string(&counts).unwrap_or_default() }
        };
        let open = Router::new().route("/counts", get(counts));
        wire::serve(self.listen, process, routes, open).await
    }
}

/// A process of a service and a group, by the rules of a file.
pub(crate) fn process(service: &str, group: &str, rules: &Path) -> Result<Process, Failure> {
    let mistaken = |mistakes: Mistakes| Failure::new(mistakes.to_string());
    let hosts = Rules::load(rules).map_err(mistaken)?.dye.hosts();
    let (live, _) = Live::open(rules).map_err(mistaken)?;
    let origin = Origin::new(service, group).ok_or_else(|| {
        Failure::new(format!("`{service}/{group}` are no names of a service and its group"))
    })?;
    Ok(Process::new(origin).with_hosts(hosts).with_rules(Arc::new(live)))
}
