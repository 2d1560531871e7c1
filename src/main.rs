//! The program: arguments and exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    qpiac::cli::main()
}
