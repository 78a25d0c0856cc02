//! What the keys of a runbook file may hold, where the type that reads them does not tell.

use schemars::{Schema, SchemaGenerator, json_schema};

pub(super) fn priority(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["P0", "P1", "P2"]})
}

pub(super) fn verdict_of_rule(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["ok", "warning", "critical", "skipped"]})
}

pub(super) fn expected(_: &mut SchemaGenerator) -> Schema {
    let word = ["ok", "warning", "critical", "skipped", "unknown"];
    json_schema!({"type": "object", "minProperties": 1, "additionalProperties": {"enum": word}})
}

pub(super) fn limits(_: &mut SchemaGenerator) -> Schema {
    let duration = json_schema!({"type": "string", "pattern": "^[0-9]+[smhd]$"});
    json_schema!({
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "number"}, duration]}
    })
}

pub(super) fn facts(_: &mut SchemaGenerator) -> Schema {
    let one = ["boolean", "number", "string"];
    let lines = json_schema!({"type": "array", "items": {"type": "string"}});
    json_schema!({
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": one}, lines]}
    })
}
