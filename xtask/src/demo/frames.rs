//! How messages that are ready at once reach the page: some share a frame, some
//! are cut in two, as they are on a real connection.

use xtask::random::Random;

/// Chance, in percent, that a message shares the frame of the one before.
const SHARED: usize = 60;

/// Chance, in percent, that a frame is sent in two parts.
const CUT: usize = 12;

/// The frames for some messages, each complete with what ends it.
pub(super) fn frames(messages: &[String], random: &mut Random) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for message in messages {
        match frames.last_mut() {
            Some(frame) if random.chance(SHARED) => frame.push_str(message),
            _ => frames.push(message.clone()),
        }
    }
    let parts = frames.into_iter().flat_map(|frame| {
        let is_cut = random.chance(CUT);
        let at = random.below(frame.len());
        // Both parts must be text.
        let at = (0..=at).rev().find(|at| frame.is_char_boundary(*at)).unwrap_or(0);
        match frame.split_at_checked(at) {
            Some((first, second)) if is_cut && at > 0 => vec![first.to_owned(), second.to_owned()],
            _ => vec![frame],
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_messages_some_together_and_some_cut() {
        let messages: Vec<String> = (0..300).map(|at| format!("{{\"é\":{at}}}\n")).collect();
        let mut random = Random::new(3);
        let frames = frames(&messages, &mut random);
        assert_eq!(frames.concat(), messages.concat());
        assert!(frames.iter().all(|frame| !frame.is_empty()));
        assert!(frames.iter().any(|frame| frame.matches('\n').count() > 1));
        assert!(frames.iter().any(|frame| !frame.ends_with('\n')));
    }
}
