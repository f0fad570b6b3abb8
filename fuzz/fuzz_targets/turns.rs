//! libFuzzer on [`pagetap_fuzz::turns`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::turns::check(data));
