//! Collecting what is wrong with a runbook, each with its line.

use super::Complaint;
use super::words::Words;
use crate::fact::FactValue;
use std::collections::BTreeMap;
use toml::Spanned;

/// Collects complaints and knows on which line an offset stands.
pub(super) struct Checker {
    pub(super) file: String,
    line_starts: Vec<usize>,
    pub(super) complaints: Vec<Complaint>,
}

impl Checker {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            file: file.to_owned(),
            line_starts: std::iter::once(0).chain(breaks).collect(),
            complaints: Vec::new(),
        }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    pub(super) fn complain(&mut self, offset: usize, text: String) {
        self.complaints.push(Complaint {
            file: self.file.clone(),
            line: self.line(offset),
            text,
        });
    }

    pub(super) fn at<T>(&mut self, place: &Spanned<T>, text: String) {
        self.complain(place.span().start, text);
    }

    pub(super) fn words(
        &mut self,
        text: &Spanned<String>,
        limits: &BTreeMap<String, FactValue>,
    ) -> Option<Words> {
        self.parsed(text, Words::parse(text.get_ref(), limits))
    }

    pub(super) fn command(
        &mut self,
        text: &Spanned<String>,
        limits: &BTreeMap<String, FactValue>,
    ) -> Option<Words> {
        self.parsed(text, Words::parse_command(text.get_ref(), limits))
    }

    pub(super) fn parsed(
        &mut self,
        text: &Spanned<String>,
        words: Result<Words, Vec<String>>,
    ) -> Option<Words> {
        match words {
            Ok(words) if !text.get_ref().trim().is_empty() => Some(words),
            Ok(_) => {
                self.at(text, "must not be empty".to_owned());
                None
            }
            Err(errors) => {
                errors.into_iter().for_each(|error| self.at(text, error));
                None
            }
        }
    }
}
