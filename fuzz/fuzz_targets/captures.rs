//! libFuzzer on [`pagetap_fuzz::captures`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::captures::check(data));
