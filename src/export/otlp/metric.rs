//! Measurements, each a data point of its own: a sum of one, since the last. Whoever
//! stores them adds them up; a page could not, being many and soon gone.

use super::attribute::Attributes;
use super::names::{Instrument, Measure, Profile, Shape};
use super::writer::{Encoding, Writer, message};
use alloc::vec::Vec;

/// Something that was measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// What.
    pub what: Measure,
    /// How much.
    pub value: f64,
    /// When it began (ms).
    pub start: f64,
    /// When it was over (ms).
    pub ts: f64,
    /// Of what.
    pub attributes: Attributes,
}

const DELTA: u32 = 1;

impl Measurement {
    /// Its data points: the number of the instrument, and then the point.
    pub fn points(&self, profile: &Profile, encoding: Encoding) -> impl Iterator<Item = Vec<u8>> {
        let wanted = |(_, instrument): &(usize, &Instrument)| instrument.measure == self.what;
        profile.instruments.iter().enumerate().filter(wanted).map(move |(number, instrument)| {
            let mut out = [number as u8].to_vec();
            message(encoding, &mut out, |writer| self.write(instrument, writer));
            out
        })
    }

    /// The fields of a `HistogramDataPoint` or a `NumberDataPoint`.
    fn write(&self, instrument: &Instrument, writer: &mut Writer<'_>) {
        let mut attributes = self.attributes.clone();
        if let Some((key, value)) = instrument.attribute {
            attributes.set(key, value);
        }
        let times = |writer: &mut Writer<'_>| {
            writer.time(2, "startTimeUnixNano", self.start);
            writer.time(3, "timeUnixNano", self.ts);
        };
        match instrument.shape {
            Shape::Counter => {
                attributes.write(7, writer);
                times(writer);
                writer.count(6, "asInt", self.value as u64);
            }
            Shape::Histogram(bounds) => {
                attributes.write(9, writer);
                times(writer);
                writer.count(4, "count", 1);
                writer.double(5, "sum", self.value);
                let at = bounds.iter().take_while(|bound| self.value > **bound).count();
                let counts: Vec<u64> = (0..=bounds.len()).map(|bar| (bar == at).into()).collect();
                writer.counts(6, "bucketCounts", &counts);
                writer.doubles(7, "explicitBounds", bounds);
                writer.double(11, "min", self.value);
                writer.double(12, "max", self.value);
            }
        }
    }
}

/// Points, gathered into the metrics they belong to: the list of metrics of a scope.
pub fn gather(profile: &Profile, bodies: &[&[u8]], writer: &mut Writer<'_>) {
    // Two instruments of one name are one metric.
    let is_first = |(at, instrument): &(usize, &Instrument)| {
        !profile.instruments.iter().take(*at).any(|other| other.name == instrument.name)
    };
    let metrics: Vec<(&Instrument, Vec<&[u8]>)> = profile
        .instruments
        .iter()
        .enumerate()
        .filter(is_first)
        .map(|(_, instrument)| (instrument, points_of(profile, instrument, bodies)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    writer.messages(2, "metrics", &metrics, |writer, (instrument, points)| {
        writer.text(1, "name", instrument.name);
        writer.text(3, "unit", instrument.unit);
        let data = |writer: &mut Writer<'_>| {
            writer.written(1, "dataPoints", points.iter());
            writer.choice(2, "aggregationTemporality", DELTA);
        };
        match instrument.shape {
            Shape::Counter => writer.message(7, "sum", |writer| {
                data(writer);
                writer.bool(3, "isMonotonic", true);
            }),
            Shape::Histogram(_) => writer.message(9, "histogram", data),
        }
    });
}

fn points_of<'b>(profile: &Profile, instrument: &Instrument, bodies: &[&'b [u8]]) -> Vec<&'b [u8]> {
    let point = |body: &&'b [u8]| {
        let (number, point) = body.split_first()?;
        let own = profile.instruments.get(usize::from(*number))?;
        (own.name == instrument.name).then_some(point)
    };
    bodies.iter().filter_map(point).collect()
}
