#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]
use testbed::Testbed;
#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let data = std::env::args().nth(1).as_deref() == Some("data");
    let bed = if data { Testbed::start_data_plane().await } else { Testbed::start().await }.unwrap();
    println!("{} moto {} ministack {}", bed.endpoint(), bed.emulator().port_of("application-autoscaling"), bed.emulator().port_of("cloudfront"));
    std::future::pending::<()>().await;
}
