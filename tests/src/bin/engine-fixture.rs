//! Writes fixtures of the engine's durable formats as they are now: `engine-fixture eventful|rebuilt FOLDER`, where FOLDER
//! does not exist yet. The tests read them back from then on.

#![expect(dead_code, reason = "the tests use more of their scenes than a fixture does")]

use std::{error::Error, fs, path::PathBuf};

#[path = "../../../framework/engine/tests/engine/eventful.rs"]
mod eventful;
#[path = "../../../framework/engine/tests/engine/scene.rs"]
mod scene;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = &words[..] else { return Err("say which scene, and a folder".into()) };
    let scene = match name.as_str() {
        "eventful" => eventful::eventful(),
        "rebuilt" => eventful::rebuilt(),
        other => return Err(format!("there is no scene `{other}`").into()),
    };
    let folder = PathBuf::from(folder);
    if folder.exists() {
        return Err(format!("{} exists: what was written once is not written again", folder.display()).into());
    }
    let mut log = Vec::new();
    for batch in &scene.log {
        log.extend(u32::try_from(batch.len())?.to_le_bytes());
        log.extend(batch);
    }
    let mut snapshot = Vec::new();
    scene.engine.state().write_snapshot(&mut |chunk| snapshot.extend_from_slice(chunk));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("log.bin"), log)?;
    Ok(fs::write(folder.join("snapshot.bin"), snapshot)?)
}
