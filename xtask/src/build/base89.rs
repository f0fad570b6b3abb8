//! Bytes as text for the bookmarklet. bookmarklet/base89.js reads it back.

/// 47 digits for every 38 bytes. Zeros fill the last group, so the length must go
/// beside it.
pub(super) fn encode(bytes: &[u8]) -> String {
    let digits = digits();
    let mut text = String::new();
    for group in bytes.chunks(38) {
        let mut number = [0; 38];
        number.iter_mut().zip(group).for_each(|(place, byte)| *place = *byte);
        let mut values = [0; 47];
        // Long division; the last digit comes first.
        for value in values.iter_mut().rev() {
            *value = remainder(&mut number);
        }
        text.extend(values.iter().filter_map(|value| digits.get(*value)));
    }
    text
}

/// Divides `number` by 89.
fn remainder(number: &mut [u8]) -> usize {
    let mut rest = 0;
    for byte in number {
        let dividend = rest << 8 | usize::from(*byte);
        *byte = (dividend / 89) as u8;
        rest = dividend % 89;
    }
    rest
}

/// What neither an address nor a script in apostrophes has to escape.
fn digits() -> Vec<char> {
    ('!'..='~').filter(|letter| !"#%'?\\".contains(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, length: usize) -> Vec<u8> {
        let digits = digits();
        let mut bytes = Vec::new();
        for group in text.as_bytes().chunks(47) {
            let mut number = [0_u8; 38];
            for letter in group {
                let value = digits.iter().position(|digit| *digit == char::from(*letter));
                let mut carry = value.unwrap();
                for byte in number.iter_mut().rev() {
                    carry += usize::from(*byte) * 89;
                    *byte = carry as u8;
                    carry >>= 8;
                }
            }
            bytes.extend(number);
        }
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn bytes_come_back_whatever_their_number() {
        for length in [0, 1, 37, 38, 39, 1000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 151 + 7) as u8).collect();
            assert_eq!(decoded(&encode(&bytes), length), bytes);
        }
        assert_eq!(decoded(&encode(&[255; 76]), 76), [255; 76]);
    }

    #[test]
    fn there_are_89_digits_and_47_of_them_hold_38_bytes() {
        assert_eq!(digits().len(), 89);
        assert!(47.0 * 89_f64.log2() > 38.0 * 8.0);
        assert_eq!(encode(&[0]), "!".repeat(47));
    }
}
