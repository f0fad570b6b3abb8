//! A zip archive that depends on nothing but what is in it: names in order, one
//! time for all (APPNOTE.TXT 6.3.10, without anything optional).

use anyhow::Result;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// The version that reads deflate.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
const DEFLATE: u16 = 8;
/// The first day that the format knows, 1980-01-01.
const DAY: u16 = 1 << 5 | 1;

/// The archive of these files, whatever order they come in.
pub(super) fn archive(mut files: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>> {
    files.sort();
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, contents) in &files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(contents)?;
        let packed = encoder.finish()?;
        let offset = u32::try_from(out.len())?;
        let about = about(name, contents, packed.len())?;
        put(&mut out, &LOCAL_HEADER.to_le_bytes(), &[&about, name.as_bytes(), &packed]);
        // Made by; then the same; then comment, disk, attributes.
        let made = [CENTRAL_HEADER.to_le_bytes().as_slice(), &VERSION.to_le_bytes()].concat();
        put(&mut directory, &made, &[&about, &[0; 10], &offset.to_le_bytes(), name.as_bytes()]);
    }
    let (start, length) = (u32::try_from(out.len())?, u32::try_from(directory.len())?);
    let count = u16::try_from(files.len())?.to_le_bytes();
    out.extend(directory);
    let sizes = [length.to_le_bytes(), start.to_le_bytes()].concat();
    put(&mut out, &END.to_le_bytes(), &[&[0; 4], &count, &count, &sizes, &[0; 2]]);
    Ok(out)
}

/// What both headers say of a file, from the version to the lengths.
fn about(name: &str, contents: &[u8], packed: usize) -> Result<Vec<u8>> {
    let mut crc = Crc::new();
    crc.update(contents);
    let mut about = Vec::new();
    for word in [VERSION, FLAGS, DEFLATE, 0, DAY] {
        about.extend(word.to_le_bytes());
    }
    for word in [crc.sum(), u32::try_from(packed)?, u32::try_from(contents.len())?] {
        about.extend(word.to_le_bytes());
    }
    about.extend(u16::try_from(name.len())?.to_le_bytes());
    about.extend([0; 2]); // no extra field
    Ok(about)
}

fn put(out: &mut Vec<u8>, head: &[u8], rest: &[&[u8]]) {
    out.extend(head);
    for part in rest {
        out.extend(*part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, contents: &str) -> (String, Vec<u8>) {
        (name.to_owned(), contents.as_bytes().to_vec())
    }

    #[test]
    fn the_order_of_the_files_does_not_matter() {
        let (a, b) = (file("a", "one"), file("b/c", "two"));
        let archived = archive(vec![b.clone(), a.clone()]).unwrap();
        assert_eq!(archived, archive(vec![a, b]).unwrap());
    }

    #[test]
    fn headers_are_as_long_as_the_format_says() {
        let empty = archive(vec![file("name", "")]).unwrap();
        let packed = 2; // an empty block of deflate
        assert_eq!(empty.len(), 30 + 4 + packed + 46 + 4 + 22);
    }
}
