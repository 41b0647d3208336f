# The usual tasks. `just` lists them; `just NAME` runs one.

_default:
    @just --list --unsorted

# Build the program, without optimization.
build:
    cargo build --locked

# Run the tests; `just test golden` runs those whose name contains "golden".
test *filter:
    cargo test --locked {{ filter }}

# See the program at work on this machine, in half a minute.
demo:
    cargo run --release --locked -- demo

# Check a configuration: every mistake at once.
check config="config.toml":
    cargo run --quiet --locked -- check --config {{ config }}

# Check formatting and lints.
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# Run everything that must pass before a change lands.
ci:
    bash .ci/run

# Run the benchmarks; `just bench planner` runs one.
bench name="":
    cargo bench --locked {{ if name == "" { "" } else { "--bench " + name } }}

# Simulate weeks of a made-up practice and audit every text.
simulate seeds="200" days="30":
    cargo run --release --locked -- simulate --seed 1 --seeds {{ seeds }} --days {{ days }}
