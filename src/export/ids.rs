//! Ids that are functions of the exporter's instance and an event's number alone, so
//! that an event that is fed twice is the same event.

/// What an id is for: two of the same event must differ.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The event itself.
    Event = 1,
    /// The trace it begins.
    Trace,
    /// The span of the turn it opens.
    Turn,
    /// The span of the model call it opens.
    Chat,
    /// The span of the subagent it opens.
    Agent,
    /// The span of the tool call it opens.
    Tool,
    /// The span of the question to the person that it opens.
    Wait,
    /// What it says was lost.
    Dropped,
    /// The first of its measurements; the others are counted from here.
    Measurement,
}

/// One exporter's ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids {
    high: u64,
    low: u64,
}

impl Ids {
    /// Those of an instance: 32 hex digits.
    pub fn of(instance: &str) -> Option<Ids> {
        let hex = instance.len() == 32 && instance.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(instance, 16).ok().filter(|_| hex)?;
        Some(Ids { high: (number >> 64) as u64, low: number as u64 })
    }

    /// A span's id.
    pub fn span(&self, purpose: Purpose, n: u64) -> [u8; 8] {
        self.word(purpose as u64, n).to_be_bytes()
    }

    /// 16 bytes without further structure.
    pub fn wide(&self, purpose: Purpose, step: u64, n: u64) -> [u8; 16] {
        let salt = 1 << 32 | step << 16 | (purpose as u64) << 1;
        let both = [self.word(salt, n), self.word(salt | 1, n)];
        (u128::from(both[0]) << 64 | u128::from(both[1])).to_be_bytes()
    }

    /// A UUIDv7 (RFC 9562) of the event's time.
    pub fn uuid(&self, purpose: Purpose, ts: f64, n: u64) -> [u8; 16] {
        let ms = (ts as u64) & 0xffff_ffff_ffff;
        let random = u128::from_be_bytes(self.wide(purpose, 1, n));
        let tail = random & ((1 << 76) - 1) & !(0xc << 60);
        (u128::from(ms) << 80 | 7 << 76 | tail | 8 << 60).to_be_bytes()
    }

    /// For one salt no two numbers give the same word: each step can be undone.
    fn word(&self, salt: u64, n: u64) -> u64 {
        let word = mix(mix(n ^ self.high) ^ self.low.wrapping_add(mix(salt)));
        // Zero is no id.
        word.max(1)
    }
}

/// The finaliser of SplitMix64.
fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// The usual way to write a UUID.
pub fn hyphenated(uuid: [u8; 16]) -> alloc::string::String {
    let mut text = hex(&uuid);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> alloc::string::String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
