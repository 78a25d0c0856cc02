//! `duckops webhook`: test deliveries, their signatures, and a receiver.

mod diagnose;
mod listen;
mod send;

use super::args::{DeliveryArgs, SecretFile, WebhookAction};
use super::fail::Failure;
use super::{Context, named_file, out};
use crate::fact::instant;
use crate::stack::env_overrides;
use crate::stack::{Secret, SecretSource};
use crate::text::{Printable, quoted};
use crate::webhook::bundle::{self, BundleError};
use crate::webhook::target::TargetError;
use crate::webhook::{TestPayload, WebhookEvent, target, verification};
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
        } => verify(context, file, signature, secret).await,
        WebhookAction::Bundle { delivery, url, out } => bundle(context, delivery, url, out).await,
        WebhookAction::Listen { port, secret, fail } => {
            listen::main(context, *port, secret, fail.as_deref()).await
        }
    }
}

async fn verify(
    context: &Context,
    file: &Path,
    signature: &str,
    secret_file: &SecretFile,
) -> Result<u8, Failure> {
    let secret = secret(context, secret_file)?;
    let body = body(context, "", file).await?;
    let document = verification(secret.expose(), &body, signature);
    let document = document.map_err(|why| {
        Failure::usage(format!(
            "--signature: {why}\ngive the value of the header that the receiver got"
        ))
    })?;
    Ok(context.out.document(&document))
}

async fn bundle(
    context: &Context,
    delivery: &DeliveryArgs,
    url: &str,
    out: &Path,
) -> Result<u8, Failure> {
    let secret = secret(context, &delivery.secret)?;
    let url = target::parse(url).map_err(bad_url)?;
    let payload = payload(context, delivery).await?;
    let files = bundle::write(out, &url, secret.expose(), &payload).map_err(|why| match why {
        BundleError::Folder { .. } => {
            Failure::usage(format!("--out: {why}\ngive the path of a new folder"))
        }
        why => Failure::own(why.to_string()),
    })?;
    let document = bundle::document(out, &files, &payload);
    Ok(context.out.document(&document))
}

/// Notes that the environment's proxies are not used for this request.
fn out_of_the_way(context: &Context) {
    if let Some((variable, _)) = env_overrides::proxies(&context.env).next() {
        out::warn(&format!(
            "duckops: deliveries use no proxy; that of {variable} is passed by"
        ));
    }
}

fn secret(context: &Context, file: &SecretFile) -> Result<Secret, Failure> {
    SecretSource::File(file.secret_file.clone())
        .read_within(context.settings.deadline.value, &|_| None)
        .map_err(Failure::from)
}

/// The file of a secret in a command; what is no regular file cannot be named twice.
fn named(file: &SecretFile) -> String {
    match file.secret_file.is_file() {
        true => quoted(&Printable::path(&file.secret_file).to_string()),
        false => "FILE".to_owned(),
    }
}

fn bad_url(why: TargetError) -> Failure {
    Failure::usage(format!(
        "--url: {why}\nuse an http or https URL such as https://example.com/hook"
    ))
}

fn event(name: &str) -> Result<WebhookEvent, Failure> {
    WebhookEvent::named(name).ok_or_else(|| {
        let known: Vec<_> = WebhookEvent::ALL
            .into_iter()
            .map(WebhookEvent::name)
            .collect();
        Failure::not_one_of("EVENT", name, &known)
    })
}

async fn payload(context: &Context, delivery: &DeliveryArgs) -> Result<TestPayload, Failure> {
    let event = event(&delivery.event)?;
    let id = Ulid::generate().to_string();
    match &delivery.data {
        None => Ok(example(context, event)),
        Some(path) => Ok(TestPayload::recorded(
            event,
            &id,
            body(context, "--data: ", path).await?,
        )),
    }
}

fn example(context: &Context, event: WebhookEvent) -> TestPayload {
    let id = Ulid::generate().to_string();
    let now = super::now(&context.env).unix_timestamp();
    TestPayload::example(event, &id, &instant(now))
}

/// A body from a file, or from a descriptor such as `-`.
async fn body(context: &Context, flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    named_file::bytes(context, flag, path, LARGEST).await
}
