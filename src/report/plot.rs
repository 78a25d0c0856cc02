//! A trend as a picture: SVG that needs nothing else, is legible in the dark and to a screen
//! reader, and does nothing. However many readings there are, it has no more points than
//! columns.

mod scale;

use super::metric::Bounds;
use crate::fact::{duration, instant};
use crate::text::{Printable, counted};
use scale::{Measure, Scale};
use std::fmt::Write as _;

/// The whole picture, in its own units.
const SIZE: (f64, f64) = (400.0, 250.0);
/// The plot in it: left, top, right, bottom.
const FRAME: (f64, f64, f64, f64) = (52.0, 38.0, 388.0, 214.0);
/// Readings further apart than this many usual distances have a gap between them.
const GAP: i64 = 4;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// The path of the fact.
    pub fact: &'a str,
    /// Its unit; empty when it has none.
    pub unit: &'a str,
    /// Readings as seconds since 1970 and values, in order of time.
    pub observations: &'a [(i64, i64)],
    /// From when to when, in seconds since 1970.
    pub span: (i64, i64),
    /// The limits; a value beyond one is a warning or critical.
    pub bounds: Bounds,
}

/// The picture as a file.
pub fn svg(plot: &Plot<'_>) -> String {
    drawing(plot, "", STYLE)
}

/// The picture as a part of a page that holds [`STYLE`]; `number` sets it apart from the
/// others there.
pub fn inline(plot: &Plot<'_>, number: usize) -> String {
    drawing(plot, &format!("-{number}"), "")
}

fn drawing(plot: &Plot<'_>, mark: &str, style: &str) -> String {
    let scale = Scale::of(plot);
    let measure = Measure::of(plot);
    let title = text(&format!("{} ({})", plot.fact, measure.name()));
    let (width, height) = SIZE;
    let (left, top, right, bottom) = FRAME;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title{mark} desc{mark}\">\n\
         <title id=\"title{mark}\">{title}</title>\n<desc id=\"desc{mark}\">{}</desc>\n{style}\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"head\" x=\"12\" y=\"20\">{title}</text>\n",
        text(&summary(plot)),
        style = match style {
            "" => String::new(),
            style => format!("<style>{style}</style>\n"),
        }
    );
    for value in scale.ticks() {
        let y = scale.y(value);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
             <text class=\"y\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left - 6.0,
            y + 4.0,
            measure.tick(value)
        );
    }
    for at in times(plot.span) {
        let (x, label) = (scale.x(at), clock(at, plot.span));
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
             <text class=\"x\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
            // Whole within the picture, wherever its line is.
            x.min(width - 4.0 - label.len() as f64 * HALF_LETTER),
            bottom + 19.0
        );
    }
    let limits = [
        ("warning", plot.bounds.warning),
        ("critical", plot.bounds.critical),
    ];
    let mut above = f64::INFINITY;
    for (word, limit) in limits {
        let Some(limit) = limit else { continue };
        let y = scale.y(limit.end());
        // Two labels that are too close for each other stand on either side of their lines.
        let is_close = (y - above).abs() < LABEL && y > above;
        let label = if is_close { y + LABEL } else { y - 4.0 };
        above = y;
        let _ = writeln!(
            out,
            "<line class=\"{word}\" x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
             <text class=\"limit\" x=\"{right}\" y=\"{label:.1}\">{word} {}</text>",
            measure.limit(limit)
        );
    }
    let (path, alone) = line(plot, &scale);
    match path.is_empty() {
        true => {
            let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
            let _ = writeln!(
                out,
                "<text class=\"none\" x=\"{x}\" y=\"{y}\">nothing recorded</text>"
            );
        }
        false => {
            let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"/>");
            // A reading alone is no line, and the last one is what people look for.
            let last = plot.observations.last();
            let last = last.map(|(at, value)| (scale.x(*at), scale.y(*value as f64)));
            for (x, y) in alone.into_iter().chain(last) {
                let _ = writeln!(
                    out,
                    "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
                );
            }
        }
    }
    out + "</svg>\n"
}

/// How it looks, in the light and in the dark.
pub const STYLE: &str = "\
.paper{fill:#fff}text{font:13px system-ui,sans-serif;fill:#222}.head{font-weight:600}\
.y{text-anchor:end}.x{text-anchor:middle}.none{text-anchor:middle}.limit{text-anchor:end}\
.grid{stroke:#ddd}.dot{fill:#0b5cad}.line{fill:none;stroke:#0b5cad;stroke-width:2;stroke-linejoin:round}\
.warning{stroke:#9a6700;stroke-width:1.5;stroke-dasharray:8 5}\
.critical{stroke:#b3261e;stroke-width:1.5;stroke-dasharray:3 4}\
@media(prefers-color-scheme:dark){.paper{fill:#16181c}text{fill:#e6e6e6}.grid{stroke:#3a3d44}\
.dot{fill:#7cb7ff}.line{stroke:#7cb7ff}.warning{stroke:#e3b341}.critical{stroke:#ff8a80}}";

/// Where a value and a time are drawn.
/// Half of the width of a letter of a label.
const HALF_LETTER: f64 = 3.8;
/// The least distance of two lines of labels.
const LABEL: f64 = 13.0;

/// Steps, because a reading holds until the next one; broken where nothing was recorded for
/// long. Of a column with many readings its first, lowest, highest and last are drawn.
fn line(plot: &Plot<'_>, scale: &Scale) -> (String, Vec<(f64, f64)>) {
    let mut apart: Vec<i64> = plot
        .observations
        .windows(2)
        .map(|w| w[1].0 - w[0].0)
        .collect();
    apart.sort_unstable();
    let usual = apart.get(apart.len() / 2).copied().unwrap_or(0);
    let mut out = String::new();
    let mut alone = Vec::new();
    // Where the present stretch began, while it is one reading only.
    let mut single: Option<(f64, f64)> = None;
    let mut before: Option<(i64, f64)> = None;
    let mut rest = plot.observations;
    while let Some(((at, first), _)) = rest.split_first() {
        let column = scale.x(*at).floor();
        let same = rest
            .iter()
            .take_while(|(at, _)| scale.x(*at).floor() == column);
        let count = same.count().max(1);
        let (those, later) = rest.split_at(count);
        rest = later;
        let values = || those.iter().map(|(_, value)| *value);
        let x = scale.x(*at);
        match before {
            Some((last, _)) if at - last <= GAP * usual => {
                let _ = write!(out, "H{x:.1}");
                single = None;
            }
            _ => {
                alone.extend(single.take());
                let y = scale.y(*first as f64);
                let _ = write!(out, "M{x:.1} {y:.1}");
                single = Some((x, y));
            }
        }
        let lowest = values().min().unwrap_or(*first);
        let highest = values().max().unwrap_or(*first);
        let (end, last) = those.last().copied().unwrap_or((*at, *first));
        let mut drawn = None;
        for value in [*first, lowest, highest, last] {
            if drawn != Some(value) {
                let _ = write!(out, "V{:.1}", scale.y(value as f64));
            }
            drawn = Some(value);
        }
        before = Some((end, scale.x(end)));
    }
    if let Some((last, _)) = before
        && plot.span.1 - last <= GAP * usual
    {
        let _ = write!(out, "H{:.1}", FRAME.2);
        single = None;
    }
    alone.extend(single);
    (out, alone)
}

fn summary(plot: &Plot<'_>) -> String {
    let values = || plot.observations.iter().map(|(_, value)| *value);
    let (from, to) = plot.span;
    let head = format!(
        "{} in {} up to {}",
        counted(plot.observations.len(), "reading"),
        duration(to - from),
        instant(to)
    );
    let (Some(low), Some(high), Some(last)) =
        (values().min(), values().max(), values().next_back())
    else {
        return head;
    };
    let measure = Measure::of(plot);
    let [low, high, last] = [low, high, last].map(|value| measure.tick(value as f64));
    let mut out = format!("{head}: lowest {low}, highest {high}, last {last}");
    for (word, limit) in [
        ("warning", plot.bounds.warning),
        ("critical", plot.bounds.critical),
    ] {
        if let Some(limit) = limit {
            let _ = write!(out, "; {word} {}", Measure::of(plot).limit(limit));
        }
    }
    out
}

/// Round times inside the span, at most eight of them.
fn times((from, to): (i64, i64)) -> Vec<i64> {
    const STEPS: [i64; 12] = [
        60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
        31_536_000,
    ];
    // Dates are wider than times of a day.
    let most = |step: i64| if step < 86_400 { 6 } else { 4 };
    let step = STEPS
        .into_iter()
        .find(|step| (to - from) / step <= most(*step));
    let step = step.unwrap_or((to - from) / 4).max(1);
    let first = from.div_euclid(step) * step + step;
    (0..9)
        .map(|i| first + i * step)
        .filter(|at| *at < to)
        .collect()
}

/// The clock, or the date where a day begins or many are shown.
fn clock(at: i64, (from, to): (i64, i64)) -> String {
    let text = instant(at);
    let is_day = at.rem_euclid(86_400) == 0 || to - from > 2 * 86_400;
    let part = if is_day {
        text.get(..10)
    } else {
        text.get(11..16)
    };
    part.unwrap_or(&text).to_owned()
}

/// A text as the content of an element.
fn text(text: &str) -> String {
    Printable::from(text).escaped()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::metric::Bound;

    fn drawn(observations: &[(i64, i64)], bounds: Bounds) -> String {
        svg(&Plot {
            fact: "email.sent_24h",
            unit: "recipients",
            observations,
            span: (0, 86_400),
            bounds,
        })
    }

    #[test]
    fn a_plot_marks_and_names_its_limits() {
        let bounds = Bounds {
            warning: Some(Bound::AtMost(159.0)),
            critical: Some(Bound::AtMost(190.0)),
            most: None,
        };
        let picture = drawn(&[(0, 10), (43_200, 120), (86_000, 198)], bounds);
        for word in [
            "warning above 159",
            "critical above 190",
            "lowest 10, highest 198, last 198",
        ] {
            assert!(picture.contains(word), "{word}: {picture}");
        }
        assert_eq!(picture.matches("<path").count(), 1);
        let low = Bounds {
            warning: Some(Bound::AtLeast(2.0)),
            ..Bounds::default()
        };
        assert!(drawn(&[(0, 1)], low).contains("warning below 2"));
    }

    #[test]
    fn a_plot_of_a_million_readings_is_bounded_by_its_width() {
        let observations: Vec<_> = (0..1_000_000)
            .map(|i| (i * 86_400 / 1_000_000, i % 97))
            .collect();
        let picture = drawn(&observations, Bounds::default());
        assert!(picture.len() < 60_000, "{}", picture.len());
    }

    #[test]
    fn plots_without_readings_with_one_and_without_change_are_drawn() {
        assert!(drawn(&[], Bounds::default()).contains("nothing recorded"));
        for observations in [
            &[(5, 0)][..],
            &[(5, -3)],
            &[(0, 7), (60, 7)],
            &[(0, i64::MAX), (9, i64::MIN)],
        ] {
            let picture = drawn(observations, Bounds::default());
            assert!(picture.contains("<path"), "{picture}");
            assert!(
                !picture.contains("NaN") && !picture.contains("inf"),
                "{picture}"
            );
        }
    }

    #[test]
    fn an_isolated_reading_is_a_point_and_a_limit_speaks_in_minutes() {
        let bounds = Bounds {
            warning: Some(Bound::AtMost(599.0)),
            critical: Some(Bound::AtMost(1_799.0)),
            ..Bounds::default()
        };
        let picture = svg(&Plot {
            fact: "bonds.pulse_age",
            unit: "seconds",
            observations: &[
                (100, 60),
                (40_000, 2_400),
                (40_060, 2_460),
                (40_120, 2_400),
                (40_180, 2_400),
                (80_000, 120),
            ],
            span: (0, 86_400),
            bounds,
        });
        for words in ["bonds.pulse_age (minutes)", "critical from 30 min", ">40<"] {
            assert!(picture.contains(words), "{words}: {picture}");
        }
        assert!(!picture.contains("1799"), "{picture}");
        // The first and the last stand alone, and the last is marked in any case.
        assert!(picture.matches("<circle").count() >= 2, "{picture}");
        let (x, _) = picture
            .split_once("<circle")
            .expect("a point")
            .1
            .split_once("cy")
            .expect("x");
        assert!(x.contains("cx=\"52."), "the first reading: {x}");
    }

    #[test]
    fn a_gap_in_the_readings_is_not_bridged() {
        let mut observations: Vec<_> = (0..20).map(|i| (i * 300, 1)).collect();
        observations.extend((200..220).map(|i| (i * 300, 1)));
        let picture = drawn(&observations, Bounds::default());
        let path = picture.split("<path").nth(1).unwrap_or_default();
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }

    #[test]
    fn a_fact_name_is_escaped_in_the_plot() {
        let picture = svg(&Plot {
            fact: "</title><script>alert(1)</script>&",
            unit: "\"><img onerror=x>",
            observations: &[],
            span: (0, 1),
            bounds: Bounds::default(),
        });
        assert!(
            !picture.contains("<script") && !picture.contains("<img"),
            "{picture}"
        );
    }
}
