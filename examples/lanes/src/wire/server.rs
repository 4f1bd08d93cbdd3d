//! The server of a process: HTTP/1.1 and HTTP/2 without TLS, on a port of this machine.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
};

use axum::{Router, serve::ListenerExt as _};
use dyeline_router::{layer::ServerLayer, process::Process};
use tokio::net::TcpListener;

/// What a server prints when it can be called.
const READY: &str = "ready\n";

/// Serves `routes` to whom the rules let in, and `open` to everybody, until the process ends.
pub(crate) async fn serve(
    address: SocketAddr,
    process: &Process,
    routes: Router,
    open: Router,
) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let listener = listener.tap_io(|stream| {
        // Without it an answer waits now and then; a connection that is gone says so when it is read.
        let _ = stream.set_nodelay(true);
    });
    io::stdout().write_all(READY.as_bytes())?;
    axum::serve(listener, routes.layer(ServerLayer::new(process.clone())).merge(open)).await
}
