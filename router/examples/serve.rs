//! A proxy for the rules of a file, with one thread: `serve LISTEN RULES`.

use std::{error::Error, path::Path, sync::Arc};

use dyeline_router::{
    proxy::{Settings, serve},
    reload::Live,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(rules)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve LISTEN RULES".into());
    };
    let mut settings = Settings::new(listen.parse()?);
    settings.threads = 1;
    let (live, _) = Live::open(Path::new(&rules)).map_err(|mistakes| format!("{mistakes:#?}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings, Arc::new(live), |_| ()))?;
    Ok(())
}
