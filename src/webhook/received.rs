//! What a receiver reports of one delivery.

use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::{Printable, Untrusted};
use serde_json::json;

named_enum! {
    /// The result of checking a signature.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum SignatureCheck, word {
        Right "right" "It matches the body.";
        Wrong "wrong" "It does not match.";
        Missing "missing" "There is no signature.";
        Unread "unread" "It was not checked: the body did not arrive or is too large.";
    }
}

/// What is reported of one delivery.
#[derive(Clone, Debug)]
pub struct ReceivedDelivery {
    /// The requested path.
    pub path: Untrusted,
    /// The event named by its header.
    pub event: Option<Untrusted>,
    /// Its id, from the header or from the body.
    pub id: Option<Untrusted>,
    /// The result of checking its signature.
    pub signed: SignatureCheck,
    /// The bytes of its body.
    pub bytes: usize,
    /// The status of the response; `None` if the receiver failed without one on purpose.
    pub answered: Option<u16>,
}

impl ReceivedDelivery {
    /// A line for people, and a document for programs; `at` is when it came.
    pub fn document(&self, at: &str) -> Document {
        let verdict = match self.signed {
            SignatureCheck::Right => Verdict::Ok,
            _ => Verdict::Warning,
        };
        let text =
            |text: &Option<Untrusted>| text.as_ref().map(|text| text.printable(200).to_string());
        let extra = json!({
            "at": at,
            "event": text(&self.event),
            "signature": self.signed.word(),
            "delivery_id": text(&self.id),
            "path": self.path.printable(200).to_string(),
            "bytes": self.bytes,
            "answered": self.answered,
        });
        let line = self.line(at);
        let (kind, text) = (DocumentKind::WebhookDelivery, format!("{line}\n"));
        Document::new(kind, verdict, line, text, extra)
    }

    fn line(&self, at: &str) -> String {
        let shown = |text: &Option<Untrusted>| -> Printable {
            text.as_ref().map_or("-".into(), |text| text.printable(80))
        };
        let answered = self
            .answered
            .map_or("no answer".to_owned(), |status| format!("HTTP {status}"));
        format!(
            "{at}  {:<14} signature {:<7} delivery {}  {} bytes to {}, {answered}",
            shown(&self.event),
            self.signed.word(),
            shown(&self.id),
            self.bytes,
            self.path.printable(80)
        )
    }
}
