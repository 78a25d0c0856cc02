//! `duckops webhook listen`: a receiver on this machine.

use super::secret;
use crate::cli::args::SecretFile;
use crate::cli::fail::Failure;
use crate::cli::out::Format;
use crate::cli::{Context, interrupted, now, out};
use crate::exit;
use crate::fact::instant;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::Verdict;
use crate::text::{Printable, Untrusted};
use crate::webhook::listen::{FailureMode, ReceivedDelivery, Receiver, SignatureCheck};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) async fn main(
    context: &Context,
    port: u16,
    secret_file: &SecretFile,
    fail: Option<&str>,
) -> Result<u8, Failure> {
    let secret = secret(context, secret_file)?;
    let fail = fail.map(|mode| {
        mode.parse::<FailureMode>()
            .map_err(|known| Failure::usage(format!("--fail: {known}")))
    });
    let fail = fail.transpose()?;
    let receiver = Receiver::bind(port).await;
    let receiver = receiver.map_err(|error| {
        Failure::own(format!("port {port} of 127.0.0.1 cannot be used: {error}"))
    })?;
    let address = receiver
        .address()
        .map_err(|error| Failure::own(error.to_string()))?;
    out::warn(&format!(
        "# receives on http://{address}/webhooks/spaceduck; ends with Ctrl-C"
    ));
    out::warn(&format!(
        "# try it: duckops webhook send duck.pulse --url http://{address}/webhooks/spaceduck --secret-file FILE --allow-private"
    ));
    let tally: Arc<[(SignatureCheck, AtomicU64); 4]> =
        Arc::new(SignatureCheck::ALL.map(|s| (s, AtomicU64::new(0))));
    let (printer, env, counts) = (context.out.clone(), context.env.clone(), Arc::clone(&tally));
    let tell = move |delivery: ReceivedDelivery| {
        for (signed, count) in counts.iter() {
            count.fetch_add(u64::from(*signed == delivery.signed), Ordering::Relaxed);
        }
        if printer.is_quiet() && delivery.signed == SignatureCheck::Right {
            return;
        }
        let at = instant(now(&env).unix_timestamp());
        let text = match printer.format {
            Format::Json => document(&at, &delivery),
            _ => format!("{}\n", line(&at, &delivery)),
        };
        printer.print(&text, exit::OK);
    };
    let serving = receiver.serve(secret.expose().to_owned(), fail, tell);
    let code = tokio::select! {
        never = serving => match never {},
        code = interrupted() => code,
    };
    let tally: Vec<_> = tally
        .iter()
        .map(|(signed, count)| format!("{} {}", count.load(Ordering::Relaxed), signed.word()))
        .collect();
    out::warn(&format!("# ended; signatures: {}", tally.join(", ")));
    Ok(code)
}

fn shown(text: Option<&Untrusted>) -> Printable {
    text.map_or("-".into(), |text| text.printable(80))
}

fn line(at: &str, delivery: &ReceivedDelivery) -> String {
    let answered = delivery
        .answered
        .map_or("no answer".to_owned(), |status| format!("HTTP {status}"));
    format!(
        "{at}  {:<14} signature {:<7} delivery {}  {} bytes to {}, {answered}",
        shown(delivery.event.as_ref()),
        delivery.signed.word(),
        shown(delivery.id.as_ref()),
        delivery.bytes,
        delivery.path.printable(80)
    )
}

fn document(at: &str, delivery: &ReceivedDelivery) -> String {
    let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.printable(200).to_string());
    let right = delivery.signed == SignatureCheck::Right;
    let verdict = if right { Verdict::Ok } else { Verdict::Warning };
    let summary = Printable::from(line(at, delivery));
    let heading = Heading {
        stack: None,
        started_at: None,
        took: None,
        verdict,
        exit_code: verdict.exit_code(),
        summary: &summary,
        next_action: None,
    };
    let extra = json!({
        "at": at,
        "event": text(&delivery.event),
        "signature": delivery.signed.word(),
        "delivery_id": text(&delivery.id),
        "path": delivery.path.printable(200).to_string(),
        "bytes": delivery.bytes,
        "answered": delivery.answered,
    });
    json::document(DocumentKind::WebhookDelivery, &heading, &extra, false)
}
