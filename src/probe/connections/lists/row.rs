//! A row of a list, in the names and types that it may have.

use crate::connections::ListRow;
use crate::probe::audit::{Id, Time};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer};

/// A row as it comes; what is of the wrong type is as if it were not there.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListedFields {
    peck_id: TextField,
    spaceduck_id: TextField,
    peer_id: TextField,
    agent_name: TextField,
    display_name: TextField,
    duck_name: TextField,
    name: TextField,
    peer_name: TextField,
    duckling_id: TextField,
    requester_id: TextField,
    requester_name: TextField,
    sender_spaceduck_id: TextField,
    sender_name: TextField,
    target_id: TextField,
    target_spaceduck_id: TextField,
    target: TextField,
    purpose: TextField,
    status: TextField,
    direction: TextField,
    last_seen: TimeField,
    created_at: TimeField,
    approved_at: TimeField,
    connected_at: TimeField,
    expires_at: TimeField,
}

impl ListedFields {
    /// A row for each agent in it, the request with the first; none for what an agent has
    /// with itself.
    pub(super) fn rows(self) -> Vec<ListRow> {
        let own = self.spaceduck_id.0;
        let peer = self.peer_id.0;
        if (!own.is_empty() && own == peer) || self.direction.0.eq_ignore_ascii_case("self") {
            return Vec::new();
        }
        let mut row = ListRow {
            peck: self.peck_id.0,
            agent: own,
            name: first([
                self.agent_name,
                self.display_name,
                self.duck_name,
                self.name,
            ]),
            peer,
            duckling: self.duckling_id.0,
            requester: first([self.requester_id, self.sender_spaceduck_id]),
            requester_name: first([self.requester_name, self.sender_name]),
            target: first([self.target_spaceduck_id, self.target_id, self.target]),
            purpose: self.purpose.0,
            status: self.status.0,
            seen: self.last_seen.0,
            created: self.created_at.0,
            approved: self.approved_at.0,
            connected: self.connected_at.0,
            expires: self.expires_at.0,
        };
        if row.peer.is_empty() || row.agent.is_empty() {
            // There is only one that the name can be of.
            if row.agent.is_empty() {
                row.agent = std::mem::take(&mut row.peer);
            }
            if row.name.is_empty() {
                row.name = self.peer_name.0;
            }
            return vec![row];
        }
        // The row says of the other agent only that they are connected.
        let other = ListRow {
            agent: row.peer.clone(),
            name: self.peer_name.0,
            peer: row.agent.clone(),
            status: row.status.clone(),
            approved: row.approved,
            connected: row.connected,
            ..ListRow::default()
        };
        vec![row, other]
    }
}

/// Of several names for one thing the first that is there.
fn first<const N: usize>(texts: [TextField; N]) -> String {
    let mut texts = texts.into_iter().map(|text| text.0);
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

#[derive(Default)]
struct TextField(String);

impl<'de> Deserialize<'de> for TextField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::new();
        Id(&mut text).deserialize(deserializer)?;
        Ok(Self(text))
    }
}

#[derive(Default)]
struct TimeField(Option<i64>);

impl<'de> Deserialize<'de> for TimeField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Time.deserialize(deserializer).map(Self)
    }
}
