//! Settings: `dyeline.toml`, laid over by `DYELINE__…` variables, laid over by flags.

use std::{
    env,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Config, Environment, File, FileFormat};
use dyeline_router::toml::{
    Fields, Mistakes, Source, code as toml_code, format_count, format_duration, parse, parse_duration,
    suggestion,
};

use tracing_subscriber::filter::Targets;

use super::{
    args::Globals,
    failure::{Failure, code},
};
use crate::host::{DataDir, HostOptions};

/// The file, in the current folder.
const FILE: &str = "dyeline.toml";

/// What the variables begin with.
const PREFIX: &str = "DYELINE";

/// What variables of parameters begin with; a launch reads those.
const PARAMS: &str = "DYELINE__PARAMS__";

/// Where state lives when nothing else is said.
const DEFAULT_DATA: &str = ".dyeline";

/// What is logged when nothing else is said.
const DEFAULT_LOG: &str = "warn";

/// Attempts at once in one group: each is a thread.
const SLOTS: RangeInclusive<i64> = 1..=4_096;

/// A lease that is too short is lost by a busy machine, one that is too long delays the failover.
const LEASE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);

/// All settings there are.
const KEYS: [&str; 5] = ["data", "log", "rules", "workers.slots", "workers.lease"];

/// The settings of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where state lives.
    pub data: PathBuf,
    /// What is logged to standard error: a level, or a filter such as `warn,dyeline=debug`.
    pub log: String,
    /// The rules file, if there is one.
    pub rules: Option<PathBuf>,
    /// Attempts that run at once in each group; `None`: one for each core.
    pub slots: Option<usize>,
    /// How long a worker may be silent; `None` is the default.
    pub lease: Option<Duration>,
}

impl Settings {
    /// The settings of this process.
    ///
    /// # Errors
    /// Every mistake in the file; a variable that is unknown or does not read.
    pub fn of_process(globals: &Globals) -> Result<Self, Failure> {
        let variables: Vec<(String, String)> = env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
            })
            .collect();
        Self::layered(Path::new(FILE), variables, globals)
    }

    fn layered(file: &Path, variables: Vec<(String, String)>, globals: &Globals) -> Result<Self, Failure> {
        let text = checked_file(file)?;
        check_variables(&variables)?;
        let environment = Environment::with_prefix(PREFIX)
            .prefix_separator("__")
            .separator("__")
            .source(Some(variables.into_iter().filter(|(name, _)| !name.starts_with(PARAMS)).collect()));
        let layers =
            Config::builder().add_source(File::from_str(&text, FileFormat::Toml)).add_source(environment);
        let config = layers.build().map_err(|e| Failure::usage(code::SETTING, e.to_string()))?;
        let given = |key: &str| config.get_string(key).ok();
        let settings = Self {
            data: globals
                .data
                .clone()
                .or(given("data").map(PathBuf::from))
                .unwrap_or_else(|| DEFAULT_DATA.into()),
            log: given("log").unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            rules: globals.rules.clone().or(given("rules").map(PathBuf::from)),
            slots: given("workers.slots").map(|text| slots(&text)).transpose()?,
            lease: given("workers.lease").map(|text| lease(&text)).transpose()?,
        };
        check_log(&settings.log)?;
        Ok(settings)
    }

    /// Where state lives.
    pub fn data_dir(&self) -> DataDir {
        DataDir::new(&self.data)
    }

    /// How a process works that calls no services.
    pub fn host_options(&self) -> HostOptions {
        let default = HostOptions::default();
        HostOptions {
            slots: self.slots.unwrap_or(default.slots),
            lease: self.lease.unwrap_or(default.lease),
            disk: default.disk,
            lanes: default.lanes,
        }
    }
}

/// The text of the file, once every key of it is known and of its type; empty when there is no file.
fn checked_file(file: &Path) -> Result<String, Failure> {
    if !file.exists() {
        return Ok(String::new());
    }
    let source = match Source::read(file) {
        Ok(source) => source,
        // Nothing is set, which is what an empty file says.
        Err(mistakes) if mistakes.iter().all(|m| m.code() == toml_code::EMPTY) => return Ok(String::new()),
        Err(mistakes) => return Err(mistakes.into()),
    };
    let mut mistakes = Mistakes::new();
    let table = parse(&source, &mut mistakes);
    let mut fields = Fields::new(format!("`{}`", file.display()), &table, source.place(0..0));
    fields.string("data", &mut mistakes);
    fields.string("log", &mut mistakes);
    fields.string("rules", &mut mistakes);
    let workers =
        fields.get("workers").and_then(|entry| Fields::of("`[workers]`", &entry.item, &mut mistakes));
    if let Some(mut workers) = workers {
        workers.integer("slots", SLOTS, &mut mistakes);
        workers.duration("lease", LEASE, &mut mistakes);
        workers.finish(&mut mistakes);
    }
    fields.finish(&mut mistakes);
    if mistakes.errors() > 0 { Err(mistakes.into()) } else { Ok(source.text().to_owned()) }
}

fn check_variables(variables: &[(String, String)]) -> Result<(), Failure> {
    let names: Vec<String> =
        KEYS.iter().map(|key| format!("{PREFIX}__{}", key.replace('.', "__").to_uppercase())).collect();
    let ours = |name: &str| name.starts_with(&format!("{PREFIX}__")) && !name.starts_with(PARAMS);
    let unknown = variables.iter().find(|(name, _)| ours(name) && !names.contains(name));
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(Failure::usage(code::SETTING, format!("the variable `{name}` is no setting"))
            .hint(suggestion(name, names.iter().map(String::as_str)))),
    }
}

fn slots(text: &str) -> Result<usize, Failure> {
    let read =
        text.trim().parse::<i64>().ok().filter(|n| SLOTS.contains(n)).and_then(|n| usize::try_from(n).ok());
    read.ok_or_else(|| {
        let limits = format!("from {} to {}", format_count(*SLOTS.start()), format_count(*SLOTS.end()));
        Failure::usage(
            code::SETTING,
            format!("the setting `workers.slots` is `{text}`; it has to be {limits}"),
        )
    })
}

fn lease(text: &str) -> Result<Duration, Failure> {
    let bad = |why: String| {
        Failure::usage(code::SETTING, format!("the setting `workers.lease` is `{text}`; {why}"))
    };
    let lease = parse_duration(text).map_err(|why| bad(format!("that is no duration: {why}")))?;
    if LEASE.contains(&lease) {
        return Ok(lease);
    }
    let (least, most) = (format_duration(*LEASE.start()), format_duration(*LEASE.end()));
    Err(bad(format!("it has to be from {least} to {most}")))
}

fn check_log(filter: &str) -> Result<(), Failure> {
    filter.parse::<Targets>().map(drop).map_err(|e| {
        Failure::usage(code::SETTING, format!("the setting `log` is `{filter}`, which is no filter: {e}"))
            .hint(
                "write `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `warn,dyeline=debug`",
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Screen;

    fn layered(file: &str, variables: &[(&str, &str)], data: Option<&str>) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let globals = Globals { data: data.map(PathBuf::from), ..Globals::default() };
        let shown =
            |failure: Failure| failure.render(&Screen::PLAIN).replace(&path.display().to_string(), FILE);
        Settings::layered(&path, variables, &globals).map_err(shown)
    }

    #[test]
    fn flags_lie_over_variables_and_these_over_the_file() {
        let file = "data = 'a'\nlog = 'info'\nrules = 'r.toml'\n[workers]\nslots = 3\nlease = '20s'\n";
        let from_file = layered(file, &[], None).unwrap();
        let twenty = Duration::from_secs(20);
        let all = Settings {
            data: "a".into(),
            log: "info".into(),
            rules: Some("r.toml".into()),
            slots: Some(3),
            lease: Some(twenty),
        };
        assert_eq!(from_file, all);
        let variables =
            [("DYELINE__DATA", "b"), ("DYELINE__WORKERS__SLOTS", "5"), ("DYELINE__PARAMS__DATE", "today")];
        let over = layered(file, &variables, None).unwrap();
        assert_eq!((over.data.to_str(), over.slots, over.lease), (Some("b"), Some(5), Some(twenty)));
        assert_eq!(layered(file, &variables, Some("c")).unwrap().data.to_str(), Some("c"));
        let none = layered("", &[], None).unwrap();
        assert_eq!((none.data.to_str(), none.log.as_str(), none.slots), (Some(".dyeline"), "warn", None));
    }

    #[test]
    fn what_is_unknown_or_does_not_read_is_an_error_with_a_suggestion() {
        insta::assert_snapshot!(
            layered("dta = 'a'\n[workers]\nslots = 0\nlease = 'x'\n", &[], None).unwrap_err()
        );
        insta::assert_snapshot!(layered("", &[("DYELINE__WORKER__SLOTS", "3")], None).unwrap_err());
        insta::assert_snapshot!(layered("", &[("DYELINE__WORKERS__SLOTS", "many")], None).unwrap_err());
        insta::assert_snapshot!(layered("", &[("DYELINE__WORKERS__LEASE", "3ms")], None).unwrap_err());
        insta::assert_snapshot!(layered("log = 'a=b=c'", &[], None).unwrap_err());
    }
}
