//! Starts the emulators of the tests for a person: prints what to export, runs until Ctrl-C.
//!
//! ```text
//! cargo run --example emulators > /tmp/aws.env                    # in one terminal
//! source /tmp/aws.env && qpiac apply                              # in another
//! ```
//!
//! With `-- data-plane`, distributions, load balancers and functions carry requests; `curl` reaches
//! them by their domain name:
//!
//! ```text
//! curl -H "Host: d111111abcdef8.cloudfront.net" $AWS_ENDPOINT_URL/
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

use anyhow::bail;
use testbed::Testbed;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let data_plane = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["data-plane"] => true,
        _ => bail!("the only argument is `data-plane`, where requests shall reach applications"),
    };
    eprintln!("starting the emulators; the first time, installing them takes about a minute");
    let bed = if data_plane {
        Testbed::start_data_plane().await?
    } else {
        Testbed::start().await?
    };
    for name in Testbed::FOREIGN {
        println!("unset {name}");
    }
    for (name, value) in bed.environment() {
        println!("export {name}={value}");
    }
    if data_plane {
        eprintln!(
            "applications are reached at {} by their host",
            bed.data_plane()
        );
    }
    eprintln!("nothing here is AWS, and all of it is gone when this ends; Ctrl-C ends it");
    tokio::signal::ctrl_c().await?;
    eprintln!("{} calls were answered", bed.calls().len());
    Ok(())
}
