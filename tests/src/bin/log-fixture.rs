//! Writes the fixture of the log's newest format: `log-fixture FOLDER`, where FOLDER does not exist yet.

use std::{error::Error, fs, path::PathBuf};

use dyeline::log::EmbeddedLog;
use dyeline_processors::disk::os_disk;
use dyeline_tests::log_fixture::{OPTIONS, write};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args().nth(1).ok_or("no folder is given")?.into();
    if folder.exists() {
        return Err(format!("{} exists: a released format is not written again", folder.display()).into());
    }
    write(&mut EmbeddedLog::new(os_disk(), &folder, OPTIONS));
    fs::remove_file(folder.join("lock"))?;
    Ok(())
}
