//! Starts the emulators of the tests for a person: prints what to export, runs until Ctrl-C.
//!
//! ```text
//! cargo run --example emulators > /tmp/aws.env    # in one terminal
//! source /tmp/aws.env && qpiac apply              # in another
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

use testbed::Testbed;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    eprintln!("starting the emulator; the first time, installing it takes about a minute");
    let bed = Testbed::start().await?;
    for name in Testbed::FOREIGN {
        println!("unset {name}");
    }
    for (name, value) in bed.environment() {
        println!("export {name}={value}");
    }
    eprintln!("nothing here is AWS, and all of it is gone when this ends; Ctrl-C ends it");
    tokio::signal::ctrl_c().await?;
    eprintln!("{} calls were answered", bed.calls().len());
    Ok(())
}
