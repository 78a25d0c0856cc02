//! `duckops webhook`: test deliveries, their signatures, and a receiver.

mod diagnose;
mod listen;
mod send;
mod verify;

use super::Context;
use super::args::{Delivery, SecretFile, WebhookAction};
use super::fail::Failure;
use crate::exit;
use crate::fact::instant;
use crate::report::model::Verdict;
use crate::stack::{Secret, SecretSource};
use crate::text::Printable;
use crate::webhook::bundle::{self, NoBundle};
use crate::webhook::{Event, Payload};
use serde_json::json;
use std::path::Path;
use ulid::Ulid;

/// No recorded body is larger.
const LARGEST: u64 = 1024 * 1024;

pub(super) async fn main(context: &Context, action: &WebhookAction) -> Result<u8, Failure> {
    match action {
        WebhookAction::Send { delivery, target } => send::main(context, delivery, target).await,
        WebhookAction::Diagnose {
            target,
            event,
            secret,
        } => diagnose::main(context, target, event, secret).await,
        WebhookAction::Verify {
            file,
            signature,
            secret,
        } => verify::main(context, file, signature, secret),
        WebhookAction::Bundle { delivery, url, out } => bundle(context, delivery, url, out),
        WebhookAction::Listen { port, secret, fail } => {
            listen::main(context, *port, secret, fail.as_deref()).await
        }
    }
}

fn bundle(context: &Context, delivery: &Delivery, url: &str, out: &Path) -> Result<u8, Failure> {
    let secret = secret(&delivery.secret)?;
    let payload = payload(context, delivery)?;
    let files = bundle::write(out, url, secret.expose(), &payload).map_err(|why| match why {
        NoBundle::Folder { .. } => Failure::usage(format!("--out: {why}")),
        why => Failure::own(why.to_string()),
    })?;
    let folder = Printable::from(out.to_string_lossy().into_owned());
    let mut text = format!("{folder}: {}\n", files.join(", "));
    text.push_str(
        "The secret is in none of them; the signature is, and it is good for this body only.\n",
    );
    text.push_str("From a machine that reaches the receiver: sh send.sh in that folder\n");
    let summary = format!("{} files in {folder}", files.len());
    let extra = json!({"folder": folder.as_str(), "files": files, "event": payload.event});
    let (verdict, code) = (Verdict::Ok, exit::OK);
    Ok(context
        .out
        .document("webhook-bundle", verdict, code, &summary, &text, &extra))
}

fn secret(file: &SecretFile) -> Result<Secret, Failure> {
    SecretSource::File(file.secret_file.clone())
        .read(&|_| None)
        .map_err(Failure::usage)
}

fn event(name: &str) -> Result<Event, Failure> {
    Event::named(name).ok_or_else(|| {
        let known: Vec<_> = Event::ALL.into_iter().map(Event::name).collect();
        let name = Printable::from(name);
        Failure::usage(format!(
            "there is no event `{name}`; there are: {}",
            known.join(", ")
        ))
    })
}

fn payload(context: &Context, delivery: &Delivery) -> Result<Payload, Failure> {
    let event = event(&delivery.event)?;
    let id = Ulid::generate().to_string();
    match &delivery.data {
        None => Ok(made(context, event)),
        Some(path) => Ok(Payload::recorded(event, &id, body(path)?)),
    }
}

fn made(context: &Context, event: Event) -> Payload {
    let id = Ulid::generate().to_string();
    let now = super::now(&context.env).unix_timestamp();
    Payload::made(event, &id, &instant(now))
}

/// A body from a file, or from standard input for `-`.
fn body(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let shown = Printable::from(path.to_string_lossy().into_owned());
    let mut body = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin()
            .lock()
            .take(LARGEST + 1)
            .read_to_end(&mut body),
        false => {
            std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut body))
        }
    };
    match read {
        Err(error) => Err(Failure::usage(format!("{shown}: {error}"))),
        Ok(read) if read as u64 > LARGEST => {
            Err(Failure::usage(format!("{shown} is larger than 1 MiB")))
        }
        Ok(_) => Ok(body),
    }
}
