//! The exporter's exports. See `src/export.rs`.

use crate::export::{self, Exporter, Signal};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The exporter, once it is configured, and the buffers through which bytes come in
/// and go out.
#[derive(Debug, Default)]
pub struct Shelf {
    exporter: Option<Exporter>,
    input: Vec<u8>,
    output: Vec<u8>,
}

// As in the tap's: references stand for addresses that JavaScript got from `create`
// and has not given back.

/// An exporter that takes nothing until it is configured.
#[unsafe(no_mangle)]
extern "C" fn create() -> Box<Shelf> {
    Box::default()
}

/// The exporter is used no more.
#[unsafe(no_mangle)]
extern "C" fn destroy(shelf: Box<Shelf>) {
    drop(shelf);
}

/// Room for `length` bytes for the call that comes next.
#[unsafe(no_mangle)]
extern "C" fn input(shelf: &mut Shelf, length: usize) -> *mut u8 {
    shelf.input.clear();
    shelf.input.resize(length, 0);
    shelf.input.as_mut_ptr()
}

/// Where the answer of the last call lies.
#[unsafe(no_mangle)]
extern "C" fn output(shelf: &Shelf) -> *const u8 {
    shelf.output.as_ptr()
}

/// Sets the options, JSON, which are in the input. Nothing of what was open before is
/// known any more. The length of the reason if they are refused; else 0.
#[unsafe(no_mangle)]
extern "C" fn configure(shelf: &mut Shelf) -> usize {
    shelf.output.clear();
    match Exporter::new(&shelf.input) {
        Ok(exporter) => shelf.exporter = Some(exporter),
        Err(reason) => shelf.output = reason.into_bytes(),
    }
    shelf.output.len()
}

/// Takes the hook event, JSON, which is in the input; its number is `n`. The length of
/// the items.
#[unsafe(no_mangle)]
extern "C" fn take(shelf: &mut Shelf, n: f64) -> usize {
    shelf.output.clear();
    if let Some(exporter) = &mut shelf.exporter {
        exporter.take(n as u64, &shelf.input, &mut shelf.output);
    }
    shelf.output.len()
}

/// Ends what is open as incomplete. The length of the items.
#[unsafe(no_mangle)]
extern "C" fn finish(shelf: &mut Shelf, ts: f64) -> usize {
    shelf.output.clear();
    if let Some(exporter) = &mut shelf.exporter {
        exporter.finish(ts, &mut shelf.output);
    }
    shelf.output.len()
}

/// The body of a request that sends the items of the signal of that number whose
/// bytes are in the input, each with its length before it. Its length.
#[unsafe(no_mangle)]
extern "C" fn body(shelf: &mut Shelf, signal: u32) -> usize {
    shelf.output.clear();
    if let (Some(exporter), Some(signal)) = (&shelf.exporter, Signal::of(signal)) {
        exporter.body(signal, &shelf.input, &mut shelf.output);
    }
    shelf.output.len()
}

/// The input, compressed. Its length.
#[unsafe(no_mangle)]
extern "C" fn gzip(shelf: &mut Shelf) -> usize {
    shelf.output = export::gzip(&shelf.input);
    shelf.output.len()
}
