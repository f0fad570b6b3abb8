//! The core natively. `race FILE CUTS` runs it beside other crates over a recorded
//! body, cut into chunks of the lengths that the file CUTS has; `read CASE FILE` has
//! one of the core's parsers read a file that `make` made, for a tool that counts
//! instructions.

mod linear;
mod race;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["race", file, cuts, rounds] => race::run(file, cuts, rounds),
        ["make", case, size] => linear::make(case, size),
        ["read", case, file] => linear::run(case, file),
        ["cases"] => {
            linear::names().for_each(|name| println!("{name}"));
            Ok(())
        }
        _ => Err("race FILE CUTS ROUNDS, make CASE SIZE, read CASE FILE, or cases".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
