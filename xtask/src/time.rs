//! Times as recorded files write them (RFC 3339), to Unix milliseconds and back.

/// Milliseconds since 1970, or nothing when `text` is no such time.
pub fn unix_ms(text: &str) -> Option<f64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (time, offset_minutes) = split_offset(time)?;
    let mut parts = time.splitn(3, ':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let second: f64 = parts.next()?.parse().ok()?;
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    if !in_range || !(0.0..61.0).contains(&second) {
        return None;
    }
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    // Rounded to the microsecond: the fraction is decimal, the number is not.
    Some(minutes as f64 * 60_000.0 + (second * 1e6).round() / 1e3)
}

fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(sign_at) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (time, offset) = time.split_at_checked(sign_at)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let total = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some((time, if offset.starts_with('-') { -total } else { total }))
}

/// Days from civil date, counted in eras of 400 years that start in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Milliseconds since 1970 as services write them.
pub fn rfc3339(unix_ms: u64) -> String {
    let (days, rest) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let (year, month, day) = date(i64::try_from(days).unwrap_or_default());
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The way back, in the same eras.
fn date(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"] {
            let ms = unix_ms(text).unwrap();
            assert_eq!(rfc3339(ms as u64), text);
        }
        let days = (0..50_000).map(|day| day * 86_400_000);
        for ms in days {
            assert_eq!(unix_ms(&rfc3339(ms)), Some(ms as f64));
        }
    }

    #[test]
    fn recorded_times_are_read() {
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), Some(0.0));
        let utc = unix_ms("2026-08-20T10:00:01.400000Z");
        assert_eq!(utc, Some(1_787_220_001_400.0));
        assert_eq!(unix_ms("2026-08-20T12:00:01.4+02:00"), utc);
        assert_eq!(unix_ms("2026-08-20T05:30:01.400-04:30"), utc);
        assert_eq!(unix_ms("2024-02-29T00:00:00.000Z"), Some(1_709_164_800_000.0));
    }

    #[test]
    fn other_text_is_no_time() {
        for text in ["", "today", "2026-08-20", "2026-13-01T00:00:00Z", "2026-01-01T99:00:00Z"] {
            assert_eq!(unix_ms(text), None, "{text}");
        }
    }
}
