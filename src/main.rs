//! The program `leadtime`: parses arguments, calls a command, reports how it ended.

fn main() -> std::process::ExitCode {
    leadtime::cli::main()
}
