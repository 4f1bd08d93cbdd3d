//! Tells a panic as what it is: a bug here, or in a processor whose attempt it ends.

use std::{
    io::Write as _,
    panic::{self, PanicHookInfo},
    thread,
};

/// Replaces the hook of the process. The processes of users' programs call this first thing in `main`.
pub(super) fn install() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let text = message(info);
        // With nobody left to read standard error there is nobody to tell.
        let _ = match thread::current().name() {
            Some("main") => writeln!(
                std::io::stderr(),
                "error: dyeline itself panicked at {place}: {text}\n  hint: this is a bug in Dyeline: please report \
                 this text with the command you ran; the jobs are safe in the log, the same command goes on with them"
            ),
            name => {
                let name = name.unwrap_or("unnamed");
                writeln!(std::io::stderr(), "warning: a panic in thread `{name}` at {place}: {text}")
            }
        };
    }));
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or(payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
