//! The core as the bookmarklet carries it: an arithmetic coder whose odds for each
//! bit are mixed from what several contexts have seen follow them, as PAQ does. A
//! tenth less than LZMA leaves of a WebAssembly module, and shorter to read back.
//! bookmarklet/mixing.js does, number by number the same way.

use super::base89;
use serde_json::{Value, json};

/// Each context: which of the bytes before, counted backwards.
const CONTEXTS: [&[usize]; COUNT] =
    [&[], &[1], &[1, 2], &[1, 2, 3], &[1, 2, 3, 4], &[1, 2, 3, 4, 5, 6], &[2], &[1, 3], &[2, 3]];
const COUNT: usize = 9;

/// The digits, and how many bytes they and what they stand for are.
pub(super) fn in_an_address(bytes: &[u8]) -> Value {
    let mixed = encode(bytes);
    json!({
        "text": base89::encode(&mixed),
        "encoded": mixed.len(),
        "decoded": bytes.len(),
    })
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut coder = Coder { low: 0, high: u32::MAX, output: Vec::new() };
    let mut model = Model::new();
    for (at, byte) in bytes.iter().enumerate() {
        let before = bytes.get(..at).unwrap_or_default();
        let mut bits = 1;
        for place in (0..8).rev() {
            let bit = u32::from(byte >> place & 1);
            let chance = model.predict(before, bits);
            coder.encode(bit, chance);
            model.learn(bit, chance);
            bits = bits * 2 + bit;
        }
    }
    coder.finish()
}

/// Bits as the narrowing of a range.
struct Coder {
    low: u32,
    high: u32,
    output: Vec<u8>,
}

impl Coder {
    /// `chance` is that of a one, of 65536.
    fn encode(&mut self, bit: u32, chance: u32) {
        let width = (u64::from(self.high - self.low) * u64::from(chance)) >> 16;
        let middle = self.low + width as u32;
        if bit == 1 {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        while (self.low ^ self.high) >> 24 == 0 {
            self.output.push((self.high >> 24) as u8);
            self.low <<= 8;
            self.high = self.high << 8 | 255;
        }
    }

    /// One byte tells them apart: what follows it reads as zeros.
    fn finish(mut self) -> Vec<u8> {
        self.output.push((self.high >> 24) as u8);
        self.output
    }
}

/// What the contexts know of one bit.
#[derive(Clone, Copy)]
struct Slot {
    /// Of a one, of 65536.
    odds: u16,
    seen: u8,
}

/// Weights of the contexts.
type Weights = [f64; COUNT];

/// All that has been learned. Only operations that IEEE 754 defines to the last bit:
/// a reader elsewhere gets the same odds.
struct Model {
    slots: Vec<[Slot; COUNT]>,
    by_byte: Vec<Weights>,
    by_known: Vec<Weights>,
    /// Chances by their logit, and logits by chance.
    chances: Vec<f64>,
    logits: Vec<f64>,
    /// Of the bit at hand: where each context has its slot, what it says, and which
    /// weights are used.
    places: [usize; COUNT],
    says: [f64; COUNT],
    sets: [usize; 2],
}

impl Model {
    fn new() -> Self {
        // From e to the power of -16 in steps of 1/128.
        let powers = std::iter::successors(Some(1.125_351_747_192_591_2e-7_f64), |power| {
            Some(power * 1.007_843_097_206_448)
        });
        let chances: Vec<f64> = powers.take(4096).map(|power| power / (1.0 + power)).collect();
        let mut logit = 0;
        let logits = (0..4096).map(|at| {
            let below = |chance: &f64| chance * 4096.0 < f64::from(at) + 0.5;
            while logit < 4095 && chances.get(logit).is_some_and(below) {
                logit += 1;
            }
            (logit as f64 - 2048.0) / 128.0
        });
        Self {
            logits: logits.collect(),
            chances,
            slots: vec![[Slot { odds: 32768, seen: 0 }; COUNT]; 1 << 20],
            by_byte: vec![[0.15; COUNT]; 256],
            by_known: vec![[0.15; COUNT]; COUNT + 1],
            places: [0; COUNT],
            says: [0.0; COUNT],
            sets: [0; 2],
        }
    }

    /// The chance of a one after `before` and the bits of the byte so far, behind a
    /// leading one.
    fn predict(&mut self, before: &[u8], bits: u32) -> u32 {
        let back = |distance: &usize| {
            before.len().checked_sub(*distance).and_then(|at| before.get(at)).copied()
        };
        let mut known = 0;
        let contexts = CONTEXTS.iter().zip(&mut self.places).zip(&mut self.says);
        for (context, ((distances, place), says)) in contexts.enumerate() {
            let mut hash = context as u32 + 1;
            for distance in *distances {
                let byte = u32::from(back(distance).unwrap_or(0));
                hash = hash.wrapping_mul(0x2f0b_4c47).wrapping_add(byte + 1);
            }
            let hash = hash
                .wrapping_mul(0x9e37_79b1)
                .wrapping_add(bits.wrapping_mul(0x2f0b_4c47))
                .wrapping_mul(0x85eb_ca6b);
            *place = (hash >> 12) as usize;
            let slot = self.slots.get(*place).and_then(|slots| slots.get(context));
            let learned = slot.filter(|slot| slot.seen > 0);
            known += usize::from(learned.is_some());
            let logit = learned.and_then(|slot| self.logits.get(usize::from(slot.odds >> 4)));
            *says = logit.copied().unwrap_or(0.0);
        }
        self.sets = [usize::from(back(&1).unwrap_or(0)), known];
        let [last, known] = self.sets;
        let mut logit = 0.0;
        if let (Some(one), Some(other)) = (self.by_byte.get(last), self.by_known.get(known)) {
            for ((says, one), other) in self.says.iter().zip(one).zip(other) {
                logit += says * (one + other);
            }
        }
        let place = ((logit * 128.0).floor() + 2048.0).clamp(0.0, 4095.0) as usize;
        let chance = self.chances.get(place).copied().unwrap_or(0.5);
        ((chance * 65536.0) as u32).clamp(1, 65535)
    }

    /// What the bit was that `predict` gave this chance.
    fn learn(&mut self, bit: u32, chance: u32) {
        let error = (f64::from(bit) - f64::from(chance) / 65536.0) * 0.003;
        let [last, known] = self.sets;
        for set in [self.by_byte.get_mut(last), self.by_known.get_mut(known)].into_iter().flatten()
        {
            for (weight, says) in set.iter_mut().zip(&self.says) {
                *weight += says * error;
            }
        }
        for (context, place) in self.places.iter().enumerate() {
            let slot = self.slots.get_mut(*place).and_then(|slots| slots.get_mut(context));
            if let Some(slot) = slot {
                let odds = f64::from(slot.odds);
                let step = (f64::from(bit * 65535) - odds) / (f64::from(slot.seen) + 1.5);
                slot.odds = (odds + step) as u16;
                slot.seen = (slot.seen + 1).min(15);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mixed: &[u8], length: usize) -> Vec<u8> {
        let mut model = Model::new();
        let mut input = mixed.iter().copied().chain(std::iter::repeat(0));
        let (mut low, mut high, mut code) = (0_u32, u32::MAX, 0_u32);
        for byte in input.by_ref().take(4) {
            code = code << 8 | u32::from(byte);
        }
        let mut bytes = Vec::new();
        for _ in 0..length {
            let mut bits = 1;
            while bits < 256 {
                let chance = model.predict(&bytes, bits);
                let middle = low + ((u64::from(high - low) * u64::from(chance)) >> 16) as u32;
                let bit = u32::from(code <= middle);
                if bit == 1 {
                    high = middle
                } else {
                    low = middle + 1
                }
                while (low ^ high) >> 24 == 0 {
                    (low, high) = (low << 8, high << 8 | 255);
                    code = code << 8 | u32::from(input.next().unwrap());
                }
                model.learn(bit, chance);
                bits = bits * 2 + bit;
            }
            bytes.push(bits as u8);
        }
        bytes
    }

    #[test]
    fn what_is_encoded_decodes_to_what_it_was() {
        let repeated = b"tap tap tap tap".repeat(20);
        let scattered: Vec<u8> = (0..3000_u32)
            .map(|at| (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        for bytes in [&[] as &[u8], &[0], &[255; 300], &repeated, &scattered] {
            assert_eq!(decode(&encode(bytes), bytes.len()), bytes);
        }
        assert!(encode(&repeated).len() < repeated.len() / 4);
    }
}
