//! Bytes as text for the bookmarklet, a quarter longer than the bytes (base64: a
//! third). bookmarklet/base85.js reads it back.

/// Five digits for every four bytes. Zeros fill the last group, so the length
/// must go beside it: a stream of deflated bytes may not be followed by any.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(4) {
        let mut value = group.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        value <<= 8 * (4 - group.len());
        let digits = [85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1];
        text.extend(digits.map(|unit| digit((value / unit % 85) as u8)));
    }
    text
}

/// From `(` to `|`, without the two that an address or a script would have to
/// escape.
fn digit(value: u8) -> char {
    match value + b'(' {
        b'?' => '$',
        b'\\' => '!',
        letter => char::from(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, length: usize) -> Vec<u8> {
        let value = |letter: &u8| match letter {
            b'$' => b'?' - b'(',
            b'!' => b'\\' - b'(',
            letter => letter - b'(',
        };
        let group = |digits: &[u8]| {
            let digits = digits.iter().map(value);
            digits.fold(0_u32, |group, digit| group * 85 + u32::from(digit)).to_be_bytes()
        };
        let mut bytes = text.as_bytes().chunks(5).map(group).collect::<Vec<_>>().concat();
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn bytes_come_back_whatever_their_number() {
        for length in [0, 1, 2, 3, 4, 5, 1000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 151 + 7) as u8).collect();
            assert_eq!(decoded(&encode(&bytes), length), bytes);
        }
        assert_eq!(decoded(&encode(&[255; 8]), 8), [255; 8]);
    }

    #[test]
    fn no_digit_needs_an_escape() {
        let digits: String = (0..85).map(digit).collect();
        assert!(
            digits.chars().all(|digit| digit.is_ascii_graphic() && !"%#?\\\"'".contains(digit))
        );
        assert_eq!(encode(&[0, 0, 0, 0]), "(((((");
    }
}
