//! `duckops webhook send`: one signed test delivery, and what the receiver said.

use super::{named, out_of_the_way, payload, secret};
use crate::cli::Context;
use crate::cli::args::{DeliveryArgs, Target};
use crate::cli::fail::Failure;
use crate::cloud::Http;
use crate::text::{Printable, quoted};
use crate::webhook::send::deliver;
use crate::webhook::send_report::SendReport;
use crate::webhook::{sign, target};
use std::sync::atomic::Ordering;
use std::time::Instant;

pub(super) async fn main(
    context: &Context,
    delivery: &DeliveryArgs,
    place: &Target,
) -> Result<u8, Failure> {
    let until = Instant::now() + context.settings.deadline.value;
    let secret = secret(context, &delivery.secret)?;
    let payload = payload(context, delivery).await?;
    let url = target::parse(&place.url).map_err(super::bad_url)?;
    out_of_the_way(context);
    let left = || until.saturating_duration_since(Instant::now());
    let (report, to) = match target::resolve(&url, place.allow_private, left()).await {
        Err(refused) => (SendReport::refused(&refused), None),
        Ok(target) => {
            let signature = sign(secret.expose(), &payload.body);
            let http = Http::new(crate::cli::observer(context.verbose));
            let tells = format!(
                "the receiver's log, by the delivery id {},",
                payload.delivery
            );
            // From here on an interrupt waits for what comes of it.
            let _ = context.sending.tells.set(tells);
            context.sending.begun.store(true, Ordering::SeqCst);
            let sent = deliver(&http, &target, &payload, &signature, left()).await;
            (
                SendReport::of(sent, &payload),
                Some(Printable::from(target.without_query())),
            )
        }
    };
    Ok(context
        .out
        .document(&report.document(&payload, to.as_ref(), &diagnose(delivery, place))))
}

/// The command that finds out which part of this delivery fails. What a URL may hide stays out of it.
fn diagnose(delivery: &DeliveryArgs, place: &Target) -> String {
    let is_secret = place.url.contains(['?', '@', '#']);
    let url = if is_secret { "URL" } else { &place.url };
    let private = if place.allow_private {
        " --allow-private"
    } else {
        ""
    };
    format!(
        "duckops webhook diagnose --url {} --secret-file {}{private}",
        quoted(&Printable::from(url).to_string()),
        named(&delivery.secret)
    )
}
