//! Taking connections, as many as may be open at once.

use std::{future::poll_fn, io, rc::Rc, task::Poll, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{
    forward::Client,
    h1::{self, Ended},
    h2,
    settings::Listener,
    worker::Worker,
};

/// How long to wait when the system has no more descriptors: connections have to end first.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until it is told to stop; those that wait in the kernel by then are still taken.
pub(super) async fn run(
    socket: TcpListener,
    listener: Listener,
    worker: Rc<Worker>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        worker.room().await;
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((io, peer)) => spawn(io, Client::new(peer, &listener), &worker),
            Err(error) => refused(&error).await,
        }
    }
    let waiting = poll_fn(|cx| {
        while let Poll::Ready(Ok((io, peer))) = socket.poll_accept(cx) {
            spawn(io, Client::new(peer, &listener), &worker);
        }
        Poll::Ready(())
    });
    waiting.await;
}

async fn refused(error: &io::Error) {
    tracing::warn!(%error, "a connection that could not be taken");
    // Out of descriptors or memory: the connection stays in the kernel, and asking again at once would only spin.
    if error.raw_os_error().is_some() && error.kind() != io::ErrorKind::ConnectionAborted {
        tokio::time::sleep(PAUSE).await;
    }
}

fn spawn(io: TcpStream, client: Client, worker: &Rc<Worker>) {
    let open = worker.opened();
    let worker = Rc::clone(worker);
    tokio::task::spawn_local(async move {
        if let Err(error) = io.set_nodelay(true) {
            tracing::debug!(%error, "a connection that ended at once");
            return;
        }
        if let Ended::Http2(wire) = h1::serve(io, &client, &worker).await {
            h2::serve(wire, Rc::new(client), &worker).await;
        }
        drop(open);
    });
}
