//! All samples in all formats as files, for people and for other tools.

use super::all;
use crate::report;
use crate::report::palette::Style;

/// Writes every sample in every format to the folder named by `LOOK`, to read them, and
/// to hold them against tools that know the formats.
#[test]
#[ignore = "for people: needs a folder in LOOK"]
fn look() -> std::io::Result<()> {
    let Some(folder) = std::env::var_os("LOOK").map(std::path::PathBuf::from) else {
        return Ok(());
    };
    for (name, report) in all() {
        let name = name.replace(' ', "-");
        let write =
            |end: &str, text: String| std::fs::write(folder.join(format!("{name}.{end}")), text);
        for width in [60, 80, 200] {
            let style = |color| Style { color, width };
            write(
                &format!("{width}.txt"),
                report::table::render(&report, style(false)),
            )?;
            write(
                &format!("{width}.ansi"),
                report::table::render(&report, style(true)),
            )?;
        }
        write("short", report::short::render(&report))?;
        write("json", report::json::render(&report, true))?;
        write("nagios", report::nagios::render(&report))?;
        write("md", report::markdown::render(&report))?;
        write("prom", report::prometheus::render(&report))?;
    }
    std::fs::write(folder.join("schema.json"), report::schema::v1())
}
