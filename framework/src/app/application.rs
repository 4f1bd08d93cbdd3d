//! The builder.

use std::{ffi::OsString, fmt, future::Future, process::ExitCode};

use dyeline_processors::Result;
use dyeline_router::rules::StartKind;

use super::{
    Scope,
    component::{Component, Make},
    handles::Handles,
};
use crate::{
    chain::Catalog,
    cli::{self, Exit},
    groups::Inventory,
};

/// A service in one program: servers, consumers, and the processors that are linked into it. Which of them start is
/// decided by the group that the process is started in, and by the rules.
///
/// ```no_run
/// use dyeline::app::Application;
///
/// fn main() -> std::process::ExitCode {
///     Application::new("ledger")
///         .consumer("posted", |scope| async move {
///             while !scope.stopped() {
///                 // …take a message, work, acknowledge…
///                 scope.stopping().await;
///             }
///             Ok(())
///         })
///         .main()
/// }
/// ```
pub struct Application {
    service: String,
    components: Vec<Component>,
}

impl Application {
    /// The service of this name in the rules, with nothing in it.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), components: Vec::new() }
    }

    /// Adds an HTTP server, `http:NAME` in rules: any service of requests, such as an `axum::Router`.
    #[must_use]
    pub fn http<S>(self, name: &str, make: impl FnOnce(Scope) -> S + Send + 'static) -> Self
    where
        S: Handles,
    {
        self.server(StartKind::Http, name, make)
    }

    /// Adds a gRPC server, `grpc:NAME` in rules: a generated server, or `tonic::service::Routes` of several.
    #[cfg(feature = "grpc")]
    #[must_use]
    pub fn grpc<S>(self, name: &str, make: impl FnOnce(Scope) -> S + Send + 'static) -> Self
    where
        S: Handles,
    {
        self.server(StartKind::Grpc, name, make)
    }

    /// Adds a consumer, `consumer:NAME` in rules: a future that works until its [`Scope::stopping`] comes. An error
    /// ends the process.
    #[must_use]
    pub fn consumer<F>(self, name: &str, make: impl FnOnce(Scope) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let make = Make::Consumer(Box::new(move |scope| Box::pin(make(scope))));
        self.with(StartKind::Consumer, name, make)
    }

    fn server<S: Handles>(
        self,
        kind: StartKind,
        name: &str,
        make: impl FnOnce(Scope) -> S + Send + 'static,
    ) -> Self {
        let make = Make::Server(Box::new(move |scope, process| make(scope).behind(process)));
        self.with(kind, name, make)
    }

    fn with(mut self, kind: StartKind, name: &str, make: Make) -> Self {
        self.components.push(Component { kind, name: name.to_owned(), make });
        self
    }

    /// The service's name.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The kinds and names of what it can start, in the order in which they were added; processors are not among
    /// them.
    pub fn names(&self) -> impl Iterator<Item = (StartKind, &str)> + Clone {
        self.components.iter().map(|component| (component.kind, component.name.as_str()))
    }

    /// Everything that the program can start: these, then the processors that are linked into it.
    pub fn inventory(&self) -> Inventory {
        let catalog = Catalog::registered();
        let components = self.names().map(|(kind, name)| (kind, name.to_owned()));
        let processors = catalog.processors().map(|p| (StartKind::Processor, p.name.clone()));
        Inventory::new(components.chain(processors))
    }

    /// The `main` of a program with all commands of [`dyeline::main`](crate::main), and `serve`.
    pub fn main(self) -> ExitCode {
        cli::main_of(self)
    }

    /// Runs one command line, the program's name first.
    pub fn run(self, words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
        cli::run_of(self, words)
    }

    pub(super) fn into_components(self) -> (String, Vec<Component>) {
        (self.service, self.components)
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.debug_struct("Application").field("service", &self.service).field("components", &names).finish()
    }
}
