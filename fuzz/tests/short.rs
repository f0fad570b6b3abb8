//! A short run over seeds and mutations of them, without libFuzzer and the same each
//! time. `cargo xtask fuzz` runs for as long as one likes.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap_fuzz::mutation::mutated;
use pagetap_fuzz::{TARGETS, Target};
use std::panic;
use xtask::random::Random;

const MUTATIONS: usize = 600;

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{name} has seeds");
    for (at, seed) in seeds.iter().enumerate() {
        check(target, seed, &format!("seed {at}"));
    }
    let mut random = Random::new(7);
    for turn in 0..MUTATIONS {
        let (seed, other) = (random.below(seeds.len()), random.below(seeds.len()));
        let input = mutated(&seeds[seed], &seeds[other], &mut random);
        check(target, &input, &format!("mutation {turn}, of seed {seed}"));
    }
}

fn check(target: &Target, input: &[u8], what: &str) {
    if panic::catch_unwind(|| (target.check)(input)).is_err() {
        let shown = String::from_utf8_lossy(input);
        panic!("{}: {what} breaks it:\n{shown}", target.name);
    }
}

#[test]
fn captures() {
    run("captures");
}

#[test]
fn dialects() {
    run("dialects");
}

#[test]
fn exporter() {
    run("exporter");
}

#[test]
fn framing() {
    run("framing");
}

#[test]
fn snapshots() {
    run("snapshots");
}

#[test]
fn tables() {
    run("tables");
}

#[test]
fn turns() {
    run("turns");
}
