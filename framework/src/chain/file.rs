//! A chain as it is read: what a chain file says, checked as far as it can be without parameters.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use dyeline_engine::plan::{self, Graph, GraphNode};
use dyeline_router::toml::{
    Entry, Fields, Mistake, Mistakes, Source, Table, Value, code as toml_code, parse,
};

use super::{
    Given, ParamDecl, Resolved,
    built::try_build,
    catalog::Catalog,
    code,
    draft::{Draft, FIXED, Setting, check_name, draft},
    head::{Head, head},
    params::{Settled, declared, settle},
    resolve,
    substitute::Scope,
    wire::wire,
};

/// The group of nodes of which nothing else is said.
const DEFAULT_GROUP: &str = "default";

/// A chain: named, checked, and ready to be given parameters.
#[derive(Clone, Debug)]
pub struct Chain {
    pub(super) head: Head,
    pub(super) params: Vec<ParamDecl>,
    /// The entries of `[nodes]`, as written.
    pub(super) nodes: Vec<Entry>,
    pub(super) declared_records: Vec<String>,
    pub(super) base: PathBuf,
    pub(super) catalog: Catalog,
    pub(super) warnings: Mistakes,
}

/// Groups that a launch gives a chain.
#[derive(Clone, Copy, Default)]
pub(super) struct Groups<'a> {
    /// The group of all stages, whatever the chain says.
    pub all: Option<&'a str>,
    /// The group of stages of which the chain says nothing.
    pub otherwise: Option<&'a str>,
}

/// A graph and what belongs to its nodes beside it.
pub(super) struct Assembled<'a> {
    pub graph: Graph,
    pub drafts: Vec<Draft<'a>>,
    /// Whether everything about its exchanges is known, so that it can be planned.
    pub complete: bool,
}

impl Chain {
    /// Reads a chain file and checks all that needs no parameters.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn load(path: &Path, catalog: &Catalog) -> Result<Self, Mistakes> {
        let source = Source::read(path)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::read(&source, folder, catalog)
    }

    /// The same for a text; `base` is the folder of relative paths.
    ///
    /// # Errors
    /// Every mistake of the text.
    pub fn read(source: &Source, base: &Path, catalog: &Catalog) -> Result<Self, Mistakes> {
        let mut mistakes = catalog.mistakes();
        if mistakes.errors() > 0 {
            // With two of one name nothing can be looked up.
            return Err(mistakes);
        }
        let table = parse(source, &mut mistakes);
        let unread = Unread::of(&mistakes);
        let mut file = Fields::new("the chain file", &table, source.place(0..0));
        let head = head(&mut file, &mut mistakes);
        let params = file.get("params").map(|entry| declared(entry, &mut mistakes)).unwrap_or_default();
        let declared_records = records(&mut file, &mut mistakes);
        let nodes = nodes(&mut file, &mut mistakes);
        file.finish(&mut mistakes);
        let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
        // Nodes are checked even when the head is wrong, so that all mistakes are shown at once.
        let usable = head.is_some();
        let head = head.unwrap_or_else(nameless);
        let warnings = Mistakes::new();
        let chain = Self { head, params, nodes, declared_records, base, catalog: catalog.clone(), warnings };
        let scope = Scope::new(&chain.params, None);
        let assembled = chain.assemble(&scope, Groups::default(), &mut mistakes);
        chain.report_unused(&scope, &mut mistakes);
        mistakes.retain(|mistake| !unread.explains(mistake));
        if mistakes.errors() == 0 && assembled.complete {
            chain.plan_mistakes(&assembled.graph, &mut mistakes);
        }
        let ((), warnings) = mistakes.or(usable.then_some(()))?;
        Ok(Self { warnings, ..chain })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// Its version, if it names one.
    pub fn version(&self) -> Option<&str> {
        self.head.version.as_deref()
    }

    /// Its declared parameters.
    pub fn params(&self) -> &[ParamDecl] {
        &self.params
    }

    /// What is probably not meant.
    pub fn warnings(&self) -> &Mistakes {
        &self.warnings
    }

    /// Gives it parameters: every placeholder is replaced, every path absolute, every date a day.
    ///
    /// # Errors
    /// Everything that is wrong with what is given, or with the chain once it is.
    pub fn resolve(&self, given: &Given) -> Result<Resolved, Mistakes> {
        self.resolve_with(given, false)
    }

    /// The same for looking at a chain, with or without its parameters: those that are required and not given get
    /// some value ([`Resolved::samples`]).
    ///
    /// # Errors
    /// As [`Chain::resolve`], but for what only depends on a value that was not given.
    pub fn sketch(&self, given: &Given) -> Result<Resolved, Mistakes> {
        self.resolve_with(given, true)
    }

    fn resolve_with(&self, given: &Given, samples: bool) -> Result<Resolved, Mistakes> {
        let mut mistakes = Mistakes::new();
        let settled: Settled =
            settle(&self.params, given, &self.base, &self.head.timezone, samples, &mut mistakes);
        if let Some(group) = &given.group {
            check_name("group", group, None, &mut mistakes);
        }
        if mistakes.errors() > 0 {
            return Err(mistakes);
        }
        let groups = Groups { all: given.group.as_deref(), otherwise: given.workers.as_deref() };
        let known = settled.known(&settled.resolved);
        let scope = Scope::new(&self.params, Some(&known));
        let mut assembled = self.assemble(&scope, groups, &mut mistakes);
        if mistakes.errors() > 0 {
            return Err(mistakes);
        }
        if !settled.samples.is_empty() {
            // Once more with what was made up; what is wrong with that is nobody's mistake.
            let scope = Scope::new(&self.params, Some(&settled.resolved));
            assembled = self.assemble(&scope, groups, &mut Mistakes::new());
        }
        Ok(resolve::resolved(self, assembled, settled, mistakes))
    }

    /// Builds the graph, as far as the nodes can be understood.
    pub(super) fn assemble(
        &self,
        scope: &Scope<'_>,
        groups: Groups<'_>,
        mistakes: &mut Mistakes,
    ) -> Assembled<'_> {
        let setting = Setting {
            catalog: &self.catalog,
            base: &self.base,
            policy: &self.head.policy,
            declared_records: &self.declared_records,
        };
        let mut drafts = Vec::with_capacity(self.nodes.len());
        for entry in &self.nodes {
            let Value::Table(table) = &entry.item.value else { continue };
            let table: Table = scope.table(table, FIXED, mistakes);
            drafts.push(draft(entry, &table, &setting, mistakes));
        }
        let edges = wire(&drafts, &self.catalog, mistakes);
        if scope.is_settled() && mistakes.errors() == 0 {
            try_build(&drafts, &edges, &self.nodes, &self.catalog, mistakes);
        }
        let complete = drafts.iter().all(|draft| !draft.moves.pending);
        let default_group = self.head.workers.as_deref().or(groups.otherwise).unwrap_or(DEFAULT_GROUP);
        let nodes = drafts.iter().zip(edges).filter_map(|(draft, inputs)| {
            let spec = draft.spec?;
            Some(GraphNode {
                name: draft.name.clone(),
                processor: spec.name.clone(),
                role: spec.role,
                inputs,
                group: groups.all.or(draft.group.as_deref()).unwrap_or(default_group).to_owned(),
                state: spec.state,
                combines: spec.combines,
                exchange: draft.moves.exchange.clone(),
                barrier: draft.barrier,
                policy: draft.policy.clone(),
            })
        });
        Assembled { graph: Graph { nodes: nodes.collect() }, drafts, complete }
    }

    /// Plans a graph of this chain.
    ///
    /// # Errors
    /// What the planner finds, at the place of the node it is about.
    pub fn plan(&self, resolved: &Resolved) -> Result<plan::Plan, Mistakes> {
        let mut mistakes = Mistakes::new();
        let plan = self.plan_mistakes(&resolved.graph, &mut mistakes);
        mistakes.or(plan).map(|(plan, _)| plan)
    }

    fn plan_mistakes(&self, graph: &Graph, mistakes: &mut Mistakes) -> Option<plan::Plan> {
        match plan::plan(graph) {
            Ok(plan) => Some(plan),
            Err(found) => {
                for one in found {
                    let name = one.node.and_then(|node| graph.nodes.get(node)).map(|node| &node.name);
                    let entry = self.nodes.iter().find(|entry| Some(&entry.key) == name);
                    let place = entry.map(|entry| entry.key_place.clone());
                    mistakes.push(Mistake::error(one.code, one.message).at(place).help(one.help));
                }
                None
            }
        }
    }

    fn report_unused(&self, scope: &Scope<'_>, mistakes: &mut Mistakes) {
        let used = scope.used();
        for param in self.params.iter().filter(|param| !used.contains(&param.name)) {
            let message = format!("nothing uses the parameter `{}`", param.name);
            let mistake = Mistake::warning(code::UNUSED_PARAM, message).at(param.place.clone());
            let help = format!("write `{{{}}}` where its value belongs, or take it out", param.name);
            mistakes.push(mistake.label("unused").help(help));
        }
    }
}

/// Plans a chain that was given its parameters; [`Chain::plan`] as a function.
///
/// # Errors
/// As [`Chain::plan`].
pub fn plan(chain: &Chain, resolved: &Resolved) -> Result<plan::Plan, Mistakes> {
    chain.plan(resolved)
}

/// What the parser could not read, and so explains other mistakes.
struct Unread {
    lines: BTreeSet<usize>,
}

impl Unread {
    fn of(mistakes: &Mistakes) -> Self {
        Self { lines: mistakes.iter().filter_map(|mistake| Some(mistake.place()?.line())).collect() }
    }

    /// Whether a mistake may only be there because something else could not be read: what is missing may stand in an
    /// unreadable line, and what stands in one has no value.
    fn explains(&self, mistake: &Mistake) -> bool {
        let absence = [
            toml_code::MISSING_KEY,
            code::MISSING_PARAM,
            code::UNUSED_PARAM,
            code::NOTHING_AFTER,
            code::RECORD_KEY,
            code::ROLE,
        ];
        let parsed = [toml_code::SYNTAX, toml_code::DUPLICATE_KEY, toml_code::OUT_OF_RANGE];
        let here = mistake.place().is_some_and(|place| self.lines.contains(&place.line()));
        !self.lines.is_empty()
            && (absence.contains(&mistake.code()) || (here && !parsed.contains(&mistake.code())))
    }
}

/// Stands in for a head that could not be read, while the nodes are checked.
fn nameless() -> Head {
    Head {
        name: String::new(),
        version: None,
        workers: None,
        retain: None,
        policy: plan::NodePolicy::default(),
        timezone: jiff::tz::TimeZone::UTC,
        labels: Default::default(),
        priority: None,
        concurrency: None,
    }
}

/// Records declared in a file need a schema that is not known when the program is built.
fn records(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let Some(entry) = file.get("records") else { return Vec::new() };
    let Value::Table(table) = &entry.item.value else { return Vec::new() };
    for record in &table.entries {
        let message =
            format!("record `{}` is declared in the chain file, which needs the feature `arrow`", record.key);
        let mistake = Mistake::error(code::NOT_AVAILABLE, message).at(record.key_place.clone());
        mistakes.push(
            mistake.label("not in this build").help("derive `Record` for a struct of this name instead"),
        );
    }
    table.keys().map(str::to_owned).collect()
}

fn nodes(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<Entry> {
    let shape = "[nodes.load]\nprocessor = \"csv-load\"";
    let Some(entry) = file.require("nodes", shape) else { return Vec::new() };
    let wrong = |what: String, item: &dyeline_router::toml::Item, mistakes: &mut Mistakes| {
        let message = format!("{what} has to be a table, not {}", item.value.described());
        let mistake = Mistake::error(toml_code::WRONG_TYPE, message).at(item.place.clone());
        mistakes.push(mistake.help("write `[nodes.<name>]`, and below it `processor = \"…\"`"));
    };
    let Value::Table(table) = &entry.item.value else {
        wrong("`nodes`".into(), &entry.item, mistakes);
        return Vec::new();
    };
    if table.entries.is_empty() {
        let mistake =
            Mistake::error(toml_code::MISSING_KEY, "the chain has no nodes").at(entry.key_place.clone());
        mistakes.push(mistake.help("write `[nodes.<name>]`, and below it `processor = \"…\"`"));
    }
    for node in &table.entries {
        if !matches!(node.item.value, Value::Table(_)) {
            wrong(format!("node `{}`", node.key), &node.item, mistakes);
        }
    }
    table.entries.clone()
}
