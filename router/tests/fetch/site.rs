//! Servers on ports of this machine, and the rules that name them.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, http::HeaderMap};
use dyeline_router::{
    dye::{Dye, Lane, Origin},
    fetch,
    health::Endpoints,
    process::Process,
    rules::Rules,
    scope::{current, scope},
    table::Table,
    toml::Source,
};
use reqwest_middleware::ClientWithMiddleware;
use tokio::{net::TcpListener, runtime::Builder};

/// Runs a test in the lane of a dye.
pub fn run_in<F: Future>(dye: &str, test: F) -> F::Output {
    let lane = Lane::of(dye.parse().unwrap());
    Builder::new_current_thread().enable_all().build().unwrap().block_on(scope(lane, test))
}

/// Serves until the test ends.
pub async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

/// A process of the service and group, by these rules.
pub fn process(service: &str, group: &str, rules: &str) -> Process {
    let origin = Origin::new(service, group).unwrap();
    let rules = Rules::read(&Source::new("rules.toml", rules)).unwrap();
    Process::new(origin).with_rules(Arc::new(Table::new(&rules, &Endpoints::default())))
}

/// A client of a process.
pub fn client(process: &Process) -> ClientWithMiddleware {
    fetch::Builder::new(reqwest::Client::builder(), process.clone()).unwrap().build()
}

/// The dye of the work that runs right now.
pub fn here() -> String {
    current().and_then(|lane| lane.dye().map(Dye::to_string)).unwrap_or_else(|| "none".to_owned())
}

/// What stands in a header, or `none`.
pub fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("none", |value| value.to_str().unwrap()).to_owned()
}
