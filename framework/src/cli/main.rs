//! Where a program begins.

use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::Parser;

#[cfg(feature = "http")]
use super::serve;
use super::{
    Console, Exit, Failure, Session, Settings, act,
    args::{Command, CommandLine},
    chain, completions, groups, jobs, launch, panic, processors,
    program::Program,
    route, set, status, submit,
};

/// The `main` of a program with all commands of Dyeline and the processors that are linked into it. Returns when the
/// command has ended, with its documented exit code.
pub fn main() -> ExitCode {
    panic::install();
    // What happened, the hook has told.
    catch_unwind(AssertUnwindSafe(|| run(std::env::args_os()))).unwrap_or(Exit::Bug).into()
}

/// Runs one command line, the program's name first.
pub fn run(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    run_program(Program::default(), words)
}

/// The `main` of an application.
#[cfg(feature = "http")]
pub(crate) fn main_of(application: crate::app::Application) -> ExitCode {
    panic::install();
    // What happened, the hook has told.
    let run = || run_of(application, std::env::args_os());
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Bug).into()
}

/// Runs one command line of an application, the program's name first.
#[cfg(feature = "http")]
pub(crate) fn run_of(
    application: crate::app::Application,
    words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Exit {
    run_program(Program::of(application), words)
}

/// Runs one command line of a program.
fn run_program(program: Program, words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    let line = match CommandLine::try_parse_from(words) {
        Ok(line) => line,
        Err(error) => {
            // Where even this cannot be printed, the exit code tells.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let console = Console::of_process(line.globals.output, line.globals.quiet);
    let settings = match Settings::of_process(&line.globals) {
        Ok(settings) => settings,
        Err(failure) => {
            eprint!("{}", failure.render(&console.err));
            return failure.exit();
        }
    };
    let session = Session { console, settings };
    session.start_log();
    match dispatch(&session, line.command, program) {
        // Who asked by a program must not take an answer that was cut for the whole.
        Ok(Exit::Done) if Console::lost() => Exit::Environment,
        Ok(exit) => exit,
        Err(failure) => {
            session.fail(&failure);
            failure.exit()
        }
    }
}

fn dispatch(session: &Session, command: Command, program: Program) -> Result<Exit, Failure> {
    match command {
        Command::Launch(args) => launch::launch(session, args),
        Command::Submit(args) => submit::submit(session, args),
        Command::Status(args) => status::status(session, args.jobs),
        Command::Watch { job } => status::watch(session, &job),
        Command::Jobs(args) => jobs::jobs(session, args),
        Command::Pause { select, reason } => act::pause(session, select, reason),
        Command::Resume(select) => act::resume(session, select),
        Command::Cancel(select) => act::cancel(session, select),
        Command::Retry { select, failed } => act::retry(session, select, failed),
        Command::Set(args) => set::set(session, args),
        Command::Chain(command) => chain::chain(session, command),
        Command::Processors { name } => processors::processors(session, name.as_deref()),
        Command::Route(command) => route::route(session, command),
        #[cfg(feature = "http")]
        Command::Serve(args) => serve::serve(session, args, program),
        Command::Groups(args) => groups::groups(session, args, &program),
        Command::Completions { shell } => Ok(completions::completions(session, shell)),
    }
}
