//! The core as the bookmarklet carries it: LZMA, which leaves an eighth less than
//! deflate does, in digits. bookmarklet/lzma.js reads it back.

use super::base89;
use anyhow::Result;
use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use serde_json::{Value, json};
use std::io::Write;

/// The digits, how many bytes they are, and how many those stand for.
pub(super) fn in_an_address(bytes: &[u8]) -> Result<Value> {
    let stream = encode(bytes)?;
    Ok(json!({
        "text": base89::encode(&stream),
        "encoded": stream.len(),
        "decoded": bytes.len(),
    }))
}

/// A raw LZMA stream: no header, no end marker.
fn encode(bytes: &[u8]) -> Result<Vec<u8>> {
    let options = LzmaOptions {
        dict_size: u32::try_from(bytes.len())?.next_power_of_two(),
        // Instructions have no alignment, so the place of a byte says nothing of it.
        lc: 3,
        lp: 0,
        pb: 0,
        mode: EncodeMode::Normal,
        nice_len: 64,
        mf: MfType::Bt4,
        depth_limit: 1000,
        preset_dict: None,
    };
    let length = u64::try_from(bytes.len())?;
    let mut writer = LzmaWriter::new(Vec::new(), &options, false, false, Some(length))?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lzma_rust2::LzmaReader;
    use std::io::Read;

    #[test]
    fn what_is_encoded_decodes_to_what_it_was() {
        let bytes = b"tap tap tap tap".repeat(20);
        let stream = encode(&bytes).unwrap();
        assert!(stream.len() < bytes.len() / 4);
        let mut decoded = Vec::new();
        let size = bytes.len() as u64;
        let mut reader = LzmaReader::new(stream.as_slice(), size, 3, 0, 0, 1 << 16, None).unwrap();
        reader.read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, bytes);
    }
}
