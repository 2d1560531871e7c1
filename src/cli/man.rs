//! `qpiac man`.
//!
//! May depend on nothing. Invariant: the pages say what `--help` says, since both are made from the
//! arguments.

use anyhow::Context;
use clap::CommandFactory;

use super::Exit;
use super::arguments::Arguments;
use super::arguments::authoring::Man;
use super::terminal::Terminal;

pub(super) fn run(given: &Man, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(directory) = &given.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        terminal.data(&String::from_utf8(page)?)?;
        return Ok(Exit::Done);
    };
    let cannot = || format!("cannot write the pages into {}", directory.display());
    std::fs::create_dir_all(directory).with_context(cannot)?;
    clap_mangen::generate_to(Arguments::command(), directory).with_context(cannot)?;
    terminal.line(&format!("wrote the pages into {}", directory.display()));
    Ok(Exit::Done)
}
