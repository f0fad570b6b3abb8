//! libFuzzer on [`pagetap_fuzz::tables`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::tables::check(data));
