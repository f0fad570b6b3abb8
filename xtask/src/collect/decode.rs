//! The body of a request, as it was before it was compressed.

use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Far more than a batch; less than what would hurt.
const LARGEST: u64 = 64 << 20;

/// Why a body cannot be read.
#[derive(Debug, PartialEq)]
pub(super) enum Unreadable {
    Encoding(String),
    Broken(String),
    TooLarge,
}

/// Undoes `Content-Encoding`.
pub(super) fn decode(body: &[u8], encoding: Option<&str>) -> Result<Vec<u8>, Unreadable> {
    match encoding.map(str::trim).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(body.to_vec()),
        "gzip" | "x-gzip" => gunzip(body),
        other => Err(Unreadable::Encoding(other.to_owned())),
    }
}

fn gunzip(body: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut plain = Vec::new();
    let mut reader = MultiGzDecoder::new(body).take(LARGEST + 1);
    reader.read_to_end(&mut plain).map_err(|error| Unreadable::Broken(error.to_string()))?;
    if plain.len() as u64 > LARGEST { Err(Unreadable::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_undone_and_a_cut_body_is_refused() {
        let body = gzip(b"{}");
        assert_eq!(decode(&body, Some("gzip")), Ok(b"{}".to_vec()));
        assert_eq!(decode(b"{}", None), Ok(b"{}".to_vec()));
        let cut = decode(&body[..body.len() - 3], Some("GZIP"));
        assert!(matches!(cut, Err(Unreadable::Broken(_))), "{cut:?}");
        let other = decode(&body, Some("zstd"));
        assert_eq!(other, Err(Unreadable::Encoding("zstd".to_owned())));
    }

    #[test]
    fn a_small_body_that_holds_a_huge_one_is_refused() {
        let body = gzip(&vec![0; (LARGEST + 1) as usize]);
        assert!(body.len() < 100_000);
        assert_eq!(decode(&body, Some("gzip")), Err(Unreadable::TooLarge));
    }
}
