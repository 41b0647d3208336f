//! The `leadtime` program: parses the arguments, runs a command and reports the result.

fn main() -> std::process::ExitCode {
    leadtime::cli::main()
}
