//! The JSON Schema of a runbook file, derived from the types that read one, for editors.
//!
//! It knows keys, types and words. What it cannot know, such as whether a fact exists or a rule
//! is reached, is checked by lint.

use super::raw::RawRunbook;
use schemars::generate::SchemaSettings;

/// The schema, draft 2020-12, with a newline at its end.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<RawRunbook>();
    schema.insert("title".to_owned(), "A runbook of duckops".into());
    format!("{:#}\n", schema.to_value())
}
