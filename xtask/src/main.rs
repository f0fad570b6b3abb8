//! `cargo xtask`: everything one does with this repository, in one place. Each
//! command finds or installs what it needs and says what it is doing.

mod bench;
mod bounds;
mod build;
mod chaos;
mod collect;
mod demo;
mod fuzz;
mod process;
mod replay_command;
mod replay_export;
mod root;
mod steps;
mod test;
mod tools;
mod wpt;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Build, try, test and measure pagetap",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Arguments),
    Bounds(bounds::Arguments),
    Build(build::Arguments),
    Chaos(chaos::Arguments),
    Collect(collect::Arguments),
    Demo(demo::Arguments),
    Fuzz(fuzz::Arguments),
    Replay(replay_command::Arguments),
    Test(test::Arguments),
    Wpt(wpt::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Bench(arguments) => bench::command(&arguments),
        Command::Bounds(arguments) => bounds::command(&arguments),
        Command::Build(arguments) => build::command(&arguments),
        Command::Chaos(arguments) => chaos::command(&arguments),
        Command::Collect(arguments) => collect::command(&arguments),
        Command::Demo(arguments) => demo::command(&arguments),
        Command::Fuzz(arguments) => fuzz::command(&arguments),
        Command::Replay(arguments) => replay_command::command(&arguments),
        Command::Test(arguments) => test::command(&arguments),
        Command::Wpt(arguments) => wpt::command(&arguments),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_first_compilation_is_not_silent() {
        // Cargo's progress goes to standard error; results stay alone on standard output.
        let alias = std::fs::read_to_string(root::path(".cargo/config.toml")).unwrap();
        assert!(alias.contains("xtask = \"run --package xtask --\""), "{alias}");
    }

    #[test]
    fn every_command_shows_examples() {
        let mut command = Arguments::command();
        command.build();
        for command in command.get_subcommands_mut() {
            let (name, help) = (command.get_name().to_owned(), command.render_long_help());
            let shown = help.to_string().contains("Examples:") || name == "help";
            assert!(shown, "{name}");
        }
    }
}
