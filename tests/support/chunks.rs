//! Ways of cutting a body into chunks.

/// `bytes`, cut before each of the positions `cuts` (any numbers, any order).
/// A position given twice makes an empty chunk.
pub fn cut<'b>(bytes: &'b [u8], cuts: &[usize]) -> Vec<&'b [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut start = 0;
    let chunk = |end| {
        let chunk = &bytes[start..end];
        start = end;
        chunk
    };
    cuts.into_iter().map(chunk).collect()
}
