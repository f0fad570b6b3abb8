//! gzip (RFC 1952), in one call: what is asynchronous is lost when a page goes.

use alloc::vec::Vec;
use miniz_oxide::deflate::compress_to_vec;

/// Between speed and size, as everybody's default is.
const LEVEL: u8 = 6;

/// The bytes as one gzip member. No name and no time: the same bytes give the same.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    // Magic, deflate, no flags, no time, no hint, unknown system.
    let mut out = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff].to_vec();
    out.extend_from_slice(&compress_to_vec(bytes, LEVEL));
    out.extend_from_slice(&crc32(bytes).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let crc = crc ^ u32::from(*byte);
        nibble(nibble(crc))
    })
}

/// Four of the eight steps at once.
fn nibble(crc: u32) -> u32 {
    const TABLE: [u32; 16] = [
        0x0000_0000,
        0x1db7_1064,
        0x3b6e_20c8,
        0x26d9_30ac,
        0x76dc_4190,
        0x6b6b_51f4,
        0x4db2_6158,
        0x5005_713c,
        0xedb8_8320,
        0xf00f_9344,
        0xd6d6_a3e8,
        0xcb61_b38c,
        0x9b64_c2b0,
        0x86d3_d2d4,
        0xa00a_e278,
        0xbdbd_f21c,
    ];
    TABLE.get((crc & 15) as usize).copied().unwrap_or_default() ^ crc >> 4
}
