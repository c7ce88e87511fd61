//! The text format of [OpenMetrics 1.0](https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).

use std::fmt::Write;

use super::histogram::Histogram;

/// What a family of figures is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyKind {
    /// A number that goes up and down.
    Gauge,
    /// A number that only grows.
    Counter,
    /// Durations in buckets.
    Histogram,
    /// Names and values that don't change.
    Info,
}

/// Figures of one meaning.
#[derive(Debug, Clone)]
pub struct Family {
    /// The name, without the suffixes that its kind adds; ends in `_` and the unit if it has one.
    pub name: &'static str,
    /// What it is.
    pub kind: FamilyKind,
    /// `seconds` or `bytes`, or empty.
    pub unit: &'static str,
    /// What it tells.
    pub help: &'static str,
    /// The figures.
    pub samples: Vec<Sample>,
}

/// One figure.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Names and values that tell it from others of its family.
    pub labels: Vec<(&'static str, String)>,
    /// The figure.
    pub value: Value,
}

/// The value of a figure.
#[derive(Debug, Clone)]
pub enum Value {
    /// A number.
    Number(f64),
    /// Durations.
    Durations(Histogram),
}

impl Family {
    /// A family without figures.
    pub fn new(name: &'static str, kind: FamilyKind, unit: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind,
            unit,
            help,
            samples: Vec::new(),
        }
    }

    /// The same with one more figure.
    #[must_use]
    pub fn with(mut self, labels: &[(&'static str, &str)], value: f64) -> Self {
        self.samples.push(Sample {
            labels: owned(labels),
            value: Value::Number(value),
        });
        self
    }

    /// The same with durations.
    #[must_use]
    pub fn with_durations(mut self, labels: &[(&'static str, &str)], durations: Histogram) -> Self {
        self.samples.push(Sample {
            labels: owned(labels),
            value: Value::Durations(durations),
        });
        self
    }
}

fn owned(labels: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    labels
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// The families as text, with the end that the format asks for.
pub fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        let kind = match family.kind {
            FamilyKind::Gauge => "gauge",
            FamilyKind::Counter => "counter",
            FamilyKind::Histogram => "histogram",
            FamilyKind::Info => "info",
        };
        // Writing into a String doesn't fail.
        let _written = writeln!(text, "# TYPE {} {kind}", family.name);
        if !family.unit.is_empty() {
            let _written = writeln!(text, "# UNIT {} {}", family.name, family.unit);
        }
        let _written = writeln!(text, "# HELP {} {}", family.name, escaped(family.help));
        for sample in &family.samples {
            write_sample(&mut text, family, sample);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn write_sample(text: &mut String, family: &Family, sample: &Sample) {
    let name = family.name;
    let mut line = |suffix: &str, more: Option<(&str, &str)>, value: &str| {
        let labels: Vec<String> = sample
            .labels
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain(more)
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _written = writeln!(text, "{name}{suffix}{labels} {value}");
    };
    match &sample.value {
        Value::Number(number) => {
            let suffix = match family.kind {
                FamilyKind::Counter => "_total",
                FamilyKind::Info => "_info",
                FamilyKind::Gauge | FamilyKind::Histogram => "",
            };
            line(suffix, None, &number.to_string());
        }
        Value::Durations(durations) => {
            for (bound, count) in durations.cumulated() {
                let bound = if bound.is_finite() {
                    format!("{bound:?}")
                } else {
                    "+Inf".to_owned()
                };
                line("_bucket", Some(("le", &bound)), &count.to_string());
            }
            line("_count", None, &durations.count().to_string());
            line("_sum", None, &durations.sum().to_string());
        }
    }
}

/// As the format has it in values of labels and in helps.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}
