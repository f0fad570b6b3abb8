//! libFuzzer on [`pagetap_fuzz::framing`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::framing::check(data));
