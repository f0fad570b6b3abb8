//! libFuzzer on [`pagetap_fuzz::dialects`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::dialects::check(data));
