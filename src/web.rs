//! The browser's side of the core.
//!
//! The module imports nothing and calls nobody: JavaScript writes bytes in,
//! asks for records, and reads them where they lie. So no borrow of the tap is
//! ever held while a listener runs, and the same module works as WebAssembly
//! and as JavaScript. Everything that crosses is a number; text crosses as
//! UTF-8 in a buffer of the core's own, see `input`.
//!
//! There are two such modules, each made of this crate with one of the features
//! `tap` and `export`: what the names of their exports mean differs.

#[cfg(feature = "export")]
mod export;
#[cfg(feature = "tap")]
mod tap;

#[cfg(all(feature = "export", feature = "tap"))]
compile_error!("one module is either the tap or the exporter");

/// Small first: the bookmarklet pays for every instruction.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// A panic is a bug; it must not run on with torn state. The trap reaches the
/// outermost layer as an exception, and that latches dead.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
