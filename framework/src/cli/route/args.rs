//! What the commands about rules files are given.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RouteCommand {
    /// Check a rules file, and run its own tests
    Check {
        /// The rules file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show where the calls of a job go, and why
    Explain(Box<ExplainArgs>),
    /// Write the rules as a config of Envoy or Istio; what these cannot do is named
    Export(Box<ExportArgs>),
    /// Send the calls of services in any language to the groups that their dyes ask for, until a signal ends it
    #[cfg(feature = "proxy")]
    Serve(Box<super::serve::ServeArgs>),
}

/// Rules, a mesh, and who calls.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// The rules file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// For what the config is
    #[arg(long, value_name = "MESH", value_enum)]
    pub(super) to: Mesh,
    /// The service that calls
    #[arg(long, value_name = "SERVICE")]
    pub(super) from: Option<String>,
    /// The group of the process that calls
    #[arg(long, value_name = "NAME")]
    pub(super) group: Option<String>,
    /// Write a file for each caller into this folder, `SERVICE.GROUP.yaml`, instead of printing one
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// End with an error when the mesh cannot do something that the rules say
    #[arg(long)]
    pub(super) strict: bool,
    /// Envoy: where the process calls it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:15001")]
    pub(super) listen: SocketAddr,
    /// Envoy: where calls come in from outside, whose dyes are treated as `edge` says
    #[arg(long, value_name = "ADDRESS")]
    pub(super) edge: Option<SocketAddr>,
    /// Envoy: where it is asked about itself
    #[arg(long, value_name = "ADDRESS")]
    pub(super) admin: Option<SocketAddr>,
}

/// What a config can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mesh {
    Envoy,
    Istio,
}

/// A job, and which of its calls.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The rules file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The chain, or an iteration of it: `fund-income`, `fund-income@3`
    #[arg(long, value_name = "NAME")]
    pub(super) chain: String,
    /// The version of the chain, if `--chain` does not say it
    #[arg(long, value_name = "VERSION")]
    pub(super) version: Option<String>,
    /// The job, from whose id the roll of the weights follows
    #[arg(long, value_name = "ID", required_unless_present = "roll")]
    pub(super) job: Option<String>,
    /// The roll, instead of the job's
    #[arg(long, value_name = "N")]
    pub(super) roll: Option<u64>,
    /// One call, such as `risk` or `'ledger -> risk'`; all hops that have rules, if none is named
    #[arg(long, value_name = "HOP", value_parser = call)]
    pub(super) call: Option<Call>,
    /// The service that makes the call
    #[arg(long, value_name = "SERVICE", requires = "call")]
    pub(super) from: Option<String>,
    /// The group of whoever makes the first call [default: that of the chain's workers]
    #[arg(long, value_name = "NAME")]
    pub(super) group: Option<String>,
    /// A group without a healthy endpoint, any number of times
    #[arg(long, value_name = "SERVICE:GROUP", value_parser = step)]
    pub(super) down: Vec<(String, String)>,
}

/// A hop as it is typed: its caller, if it names one, and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) from: Option<String>,
    pub(super) to: String,
}

fn call(text: &str) -> Result<Call, String> {
    let (from, to) = match text.split_once("->") {
        Some((from, to)) => (Some(from.trim()), to.trim()),
        None => (None, text.trim()),
    };
    if to.is_empty() || from == Some("") || to.contains("->") {
        return Err("write it as `risk` or `ledger -> risk`".to_owned());
    }
    Ok(Call { from: from.map(str::to_owned), to: to.to_owned() })
}

fn step(text: &str) -> Result<(String, String), String> {
    // A topic has a `:` of its own: `topic:posted:batch`.
    match text.rsplit_once(':') {
        Some((to, group)) if !to.is_empty() && !group.is_empty() => Ok((to.to_owned(), group.to_owned())),
        _ => Err("write it as `service:group`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_and_groups_are_typed_as_they_are_written() {
        let named = |from: Option<&str>, to: &str| Call { from: from.map(str::to_owned), to: to.to_owned() };
        assert_eq!(call("risk"), Ok(named(None, "risk")));
        assert_eq!(call(" ledger->topic:posted "), Ok(named(Some("ledger"), "topic:posted")));
        for bad in ["", "->", "ledger ->", "-> risk", "a -> b -> c"] {
            assert!(call(bad).is_err(), "{bad}");
        }
        assert_eq!(step("topic:posted:batch"), Ok(("topic:posted".into(), "batch".into())));
        for bad in ["", "ledger", "ledger:", ":batch"] {
            assert!(step(bad).is_err(), "{bad}");
        }
    }
}
