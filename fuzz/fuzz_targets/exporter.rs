//! libFuzzer on [`pagetap_fuzz::exporter`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pagetap_fuzz::exporter::check(data));
