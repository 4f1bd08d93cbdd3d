//! `service`: one of the services, as an application of its own.

use std::{ffi::OsString, process::ExitCode, sync::Arc};

use dyeline::app::Application;

use super::{Work, facade, ledger, risk, tally::Tally};

/// Serve one of the services, with the flags of `serve`: `--group G --rules FILE --listen api=ADDRESS`
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Serve {
    /// Steps of computing for each call [default: as many as this machine does in 40 µs]
    #[arg(long)]
    steps: Option<u32>,
    /// Which
    service: Name,
    /// Flags of `serve`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    flags: Vec<OsString>,
}

/// The services.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Name {
    Facade,
    Ledger,
    Risk,
}

impl Serve {
    /// Serves until a signal comes.
    pub fn run(self) -> ExitCode {
        let words = ["lanes", "serve"].map(OsString::from).into_iter().chain(self.flags.iter().cloned());
        self.application().run(words).into()
    }

    fn application(&self) -> Application {
        let work = self.steps.map_or_else(Work::calibrated, |steps| Work { steps });
        let tally = Arc::<Tally>::default();
        match self.service {
            Name::Facade => {
                Application::new("facade").http("api", move |scope| facade::routes(work, tally, scope))
            }
            Name::Ledger => {
                Application::new("ledger").grpc("api", move |scope| ledger::routes(work, tally, scope))
            }
            Name::Risk => Application::new("risk").http("api", move |scope| risk::routes(work, tally, scope)),
        }
    }
}
