//! libFuzzer on [`pagetap_fuzz::snapshots`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::snapshots::check(data));
