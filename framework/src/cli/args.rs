//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dyeline_engine::JobPhase;

use super::{
    Format, groups::GroupsArgs, launch::LaunchArgs, route::RouteCommand, set::SetArgs, submit::SubmitArgs,
};

/// Runs chains of processors over sharded data: on one machine, with nothing else installed.
#[derive(Debug, Parser)]
#[command(
    name = "dyeline",
    version,
    max_term_width = 110,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct CommandLine {
    #[command(flatten)]
    pub(super) globals: Globals,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Globals {
    /// Where state lives [default: .dyeline]
    #[arg(long, global = true, value_name = "FOLDER", help_heading = "Everywhere")]
    pub data: Option<PathBuf>,
    /// The rules by which chains and services call each other, and what starts in each group
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub rules: Option<PathBuf>,
    /// What is printed: `text` for people, or `json` for programs
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    #[arg(help_heading = "Everywhere")]
    pub output: Format,
    /// Print results and errors only
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Launch a chain, or go on with its unfinished job
    Launch(LaunchArgs),
    /// Run plain tasks: one processor on the items they are given
    Submit(SubmitArgs),
    /// Show jobs in full: those named, or all unfinished ones
    Status(JobsArgs),
    /// Show a job as it runs, until it has ended
    Watch {
        /// Its id, or what it begins with
        job: String,
    },
    /// List all jobs, or forget ended ones
    Jobs(ListArgs),
    /// Hand nothing more out; running attempts stop at their next checkpoint
    Pause {
        #[command(flatten)]
        select: SelectArgs,
        /// Why, as `status` shows it
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Go on after a pause or an interruption; without a process that runs the job, run it here
    Resume(SelectArgs),
    /// Stop for good: no output appears
    Cancel(SelectArgs),
    /// Run ended jobs again; without a process that runs the job, run it here
    Retry {
        #[command(flatten)]
        select: SelectArgs,
        /// Only what failed, from its last checkpoint
        #[arg(long)]
        failed: bool,
    },
    /// Change limits, policies and live parameters of an unfinished job
    Set(SetArgs),
    /// Check and show chain files; nothing runs
    #[command(subcommand)]
    Chain(ChainCommand),
    /// List the processors that chain files can name
    Processors {
        /// Show this one in full
        name: Option<String>,
    },
    /// Check, explain and export rules files
    #[command(subcommand)]
    Route(RouteCommand),
    /// Serve: start what the rules select of this program's service for a group
    #[cfg(feature = "http")]
    Serve(super::serve::ServeArgs),
    /// Show what of this program starts in each group; nothing starts
    Groups(GroupsArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Jobs by id.
#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    /// Ids, or what they begin with
    #[arg(value_name = "JOB")]
    pub(super) jobs: Vec<String>,
}

/// Jobs by id or chain.
#[derive(Clone, Debug, Args)]
pub(super) struct SelectArgs {
    /// Ids, or what they begin with
    #[arg(value_name = "JOB", required_unless_present = "chain")]
    pub(super) jobs: Vec<String>,
    /// All jobs of this chain that the command can be for
    #[arg(long, value_name = "NAME")]
    pub(super) chain: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(subcommand)]
    pub(super) command: Option<JobsCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// Forget ended jobs; their outputs stay
    Purge(PurgeArgs),
}

/// Which ended jobs to forget.
#[derive(Debug, Args)]
pub(super) struct PurgeArgs {
    /// Ids, or what they begin with; without any, all ended jobs
    #[arg(value_name = "JOB")]
    pub(super) jobs: Vec<String>,
    /// Only those of this chain
    #[arg(long, value_name = "NAME")]
    pub(super) chain: Option<String>,
    /// Only those that ended so
    #[arg(long, value_enum)]
    pub(super) state: Option<EndState>,
    /// Only those that ended so long ago, such as `7d`
    #[arg(long, value_name = "DURATION")]
    pub(super) older_than: Option<String>,
    /// Only say which
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// The ways a job can have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EndState {
    Succeeded,
    Failed,
    Cancelled,
}

impl From<EndState> for JobPhase {
    fn from(state: EndState) -> Self {
        match state {
            EndState::Succeeded => Self::Succeeded,
            EndState::Failed => Self::Failed,
            EndState::Cancelled => Self::Cancelled,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ChainCommand {
    /// Check a chain file and every node's parameters
    Check(ChainArgs),
    /// Show how a chain is cut into stages
    Show {
        #[command(flatten)]
        chain: ChainArgs,
        /// As a tree, for Graphviz, or for Mermaid
        #[arg(long, value_enum, default_value_t)]
        format: PlanFormat,
    },
}

/// A chain file and its parameters.
#[derive(Debug, Args)]
pub(super) struct ChainArgs {
    /// The chain file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) given: GivenArgs,
}

/// What a launch gives a chain.
#[derive(Clone, Debug, Args)]
pub(super) struct GivenArgs {
    /// A parameter of the chain; paths are relative to the current folder
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(super) params: Vec<(String, String)>,
    /// The moment that `today` and `yesterday` are relative to, such as 2026-03-01 or 2026-03-01T06:00:00Z
    /// [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
    /// The group that all stages run in
    #[arg(long, value_name = "NAME")]
    pub(super) group: Option<String>,
}

/// How `chain show` shows a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    #[default]
    Tree,
    Dot,
    Mermaid,
}

/// `name=value`.
pub(super) fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as `name=value`".to_owned()),
    }
}
