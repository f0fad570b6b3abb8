//! How a recorded body is cut into chunks.

use crate::random::Random;
use std::fmt;
use std::str::FromStr;

/// One way to cut a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chunks {
    /// The whole body at once.
    Whole,
    /// Byte by byte.
    Bytes,
    /// Pieces of random length, the same for the same seed.
    Random(u64),
}

impl Chunks {
    /// The body in pieces; together they are the body.
    pub fn cut(self, body: &[u8]) -> Vec<&[u8]> {
        match self {
            Chunks::Whole => vec![body],
            Chunks::Bytes => body.chunks(1).collect(),
            Chunks::Random(seed) => cut_randomly(body, seed),
        }
    }
}

/// Small pieces hit the insides of lines, large ones hold several records; an
/// empty chunk now and then is legal too.
fn cut_randomly(mut rest: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut random = Random::new(seed);
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let bound = match random.below(4) {
            0 => 4,
            1 => 32,
            2 => 256,
            _ => 2048,
        };
        let (piece, after) = rest.split_at(random.below(bound).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

impl fmt::Display for Chunks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chunks::Whole => out.write_str("whole"),
            Chunks::Bytes => out.write_str("bytes"),
            Chunks::Random(seed) => write!(out, "random:{seed}"),
        }
    }
}

/// What `--chunks` asks for: one way, or a range of seeds to compare with the
/// whole body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChunksArgument {
    /// One run.
    One(Chunks),
    /// One run per seed, first and last included.
    Seeds(u64, u64),
}

impl FromStr for ChunksArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<ChunksArgument, String> {
        let usage = || {
            format!(
                "{text:?} is no way to cut: use whole, bytes, random:SEED or \
                 random:FIRST..LAST (for example random:1..20)"
            )
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| usage());
        match text {
            "whole" => return Ok(ChunksArgument::One(Chunks::Whole)),
            "bytes" => return Ok(ChunksArgument::One(Chunks::Bytes)),
            _ => {}
        }
        let seeds = text.strip_prefix("random:").ok_or_else(usage)?;
        let Some((first, last)) = seeds.split_once("..") else {
            return Ok(ChunksArgument::One(Chunks::Random(number(seeds)?)));
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(usage());
        }
        Ok(ChunksArgument::Seeds(first, last))
    }
}

impl fmt::Display for ChunksArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChunksArgument::One(chunks) => chunks.fmt(out),
            ChunksArgument::Seeds(first, last) => write!(out, "random:{first}..{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_body_however_it_is_cut() {
        let body: Vec<u8> = (0..5000_u32).map(|at| at as u8).collect();
        let ways = [Chunks::Whole, Chunks::Bytes].into_iter().chain((0..50).map(Chunks::Random));
        for way in ways {
            assert_eq!(way.cut(&body).concat(), body, "{way}");
        }
    }

    #[test]
    fn a_seed_cuts_the_same_way_each_time_and_another_seed_differently() {
        let body = [0; 3000];
        let lengths = |seed| -> Vec<usize> {
            let pieces = Chunks::Random(seed).cut(&body);
            pieces.into_iter().map(<[u8]>::len).collect()
        };
        assert_eq!(lengths(5), lengths(5));
        assert_ne!(lengths(5), lengths(6));
        assert!(lengths(5).len() > 3);
    }

    #[test]
    fn arguments_are_read_and_written_alike() {
        for text in ["whole", "bytes", "random:7", "random:1..20"] {
            let parsed: ChunksArgument = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
        }
        for text in ["", "byte", "random", "random:", "random:x", "random:9..3"] {
            assert!(text.parse::<ChunksArgument>().is_err(), "{text}");
        }
    }
}
