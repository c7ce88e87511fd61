//! The settings of saving by itself and of the log.

use std::time::Duration;

use super::env::{Environment, TSM_AUTOSAVE};
use super::file::{AutosaveTable, LogTable};
use super::{Origin, Setting};
use crate::error::Error;
use crate::log::{LogFormat, LogOptions};

/// Saving by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autosave {
    /// Whether `create`, `switch` and `restore` put hooks into the server.
    pub hooks: Setting<bool>,
    /// How long after a change it is saved.
    pub delay: Setting<Duration>,
    /// How often a watcher saves also what no change tells.
    pub interval: Setting<Duration>,
}

/// A log below this would be rotated with each record.
const SMALLEST_LOG: u64 = 512;

/// Nobody keeps more files of a log.
const MOST_LOGS: u32 = 100;

impl Autosave {
    pub(super) fn of(file: &AutosaveTable, environment: &Environment) -> Result<Self, Error> {
        let hooks = match environment.autosave.as_ref().map(|text| text.to_str()) {
            None => Setting::from_file(file.hooks, true),
            Some(Some("on")) => Setting::new(true, Origin::Variable(TSM_AUTOSAVE)),
            Some(Some("off")) => Setting::new(false, Origin::Variable(TSM_AUTOSAVE)),
            Some(_) => {
                let value = environment.autosave.clone().unwrap_or_default();
                let why = "on and off are possible";
                return Err(wrong(TSM_AUTOSAVE, value.to_string_lossy(), why));
            }
        };
        Ok(Self {
            hooks,
            delay: seconds("autosave.delay", file.delay, 0.8, 0.05..=60.0)?,
            interval: seconds("autosave.interval", file.interval, 60.0, 1.0..=86_400.0)?,
        })
    }
}

fn seconds(
    name: &str,
    value: Option<f64>,
    default: f64,
    possible: std::ops::RangeInclusive<f64>,
) -> Result<Setting<Duration>, Error> {
    match value {
        Some(value) if !possible.contains(&value) => {
            let why = format!("{} to {} seconds are possible", possible.start(), possible.end());
            Err(wrong(name, value, &why))
        }
        value => Ok(Setting::from_file(
            value.map(Duration::from_secs_f64),
            Duration::from_secs_f64(default),
        )),
    }
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// How its lines look.
    pub format: Setting<LogFormat>,
    /// Bytes after which a new file is begun.
    pub max_bytes: Setting<u64>,
    /// How many older files are kept.
    pub keep: Setting<u32>,
}

impl LogSettings {
    pub(super) fn of(file: &LogTable) -> Result<Self, Error> {
        let built_in = LogOptions::default();
        let settings = Self {
            format: Setting::from_file(file.format, built_in.format),
            max_bytes: Setting::from_file(file.max_bytes, built_in.max_bytes),
            keep: Setting::from_file(file.keep, built_in.keep),
        };
        if settings.max_bytes.value < SMALLEST_LOG {
            let why = format!("it is at least {SMALLEST_LOG}");
            return Err(wrong("log.max_bytes", settings.max_bytes.value, &why));
        }
        if settings.keep.value > MOST_LOGS {
            let why = format!("it is at most {MOST_LOGS}");
            return Err(wrong("log.keep", settings.keep.value, &why));
        }
        Ok(settings)
    }

    /// What the log goes by.
    pub fn options(&self) -> LogOptions {
        LogOptions {
            format: self.format.value,
            max_bytes: self.max_bytes.value,
            keep: self.keep.value,
        }
    }
}

fn wrong(name: &str, value: impl ToString, why: &str) -> Error {
    Error::Value {
        name: name.to_owned(),
        value: value.to_string(),
        why: why.to_owned(),
    }
}
