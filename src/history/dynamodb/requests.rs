//! The requests to the table: describe it, query items, write one item under a condition; and the
//! errors of each.

use super::super::{CheckState, Exchanged, HistoryError, StackKey};
use super::item::{self, DynamoItem};
use super::table_name::TableName;
use crate::cloud::innermost;
use crate::text::{Printable, Untrusted};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeyType, TableDescription, TableStatus};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

/// The key of an item.
pub(super) type ItemKey<'a> = (&'a StackKey, &'a str);

const UNREADABLE: &str = "an item in it is not as duckops writes it";

/// The table, and the account and region it must be in.
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    account: String,
    region: String,
}

/// Which items, by their `sk`.
pub(super) enum KeyRange {
    Exactly(String),
    Between(String, String),
    Beginning(&'static str),
}

/// A page of items, and where the next one begins.
pub(super) struct ItemPage {
    pub(super) items: Vec<DynamoItem>,
    pub(super) next: Option<DynamoItem>,
}

impl Table {
    pub(super) fn new(name: &TableName, config: &SdkConfig, account: String) -> Self {
        Self {
            client: Client::new(config),
            name: name.to_string(),
            account,
            region: config.region().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The description of the table; `None` if there is none.
    pub(super) async fn describe(&self) -> Result<Option<TableDescription>, HistoryError> {
        let asked = self.client.describe_table().table_name(&self.name).send();
        match asked.await.map_err(|e| self.meaning("DescribeTable", &e)) {
            Ok(answer) => match answer.table {
                Some(table) => Ok(Some(table)),
                None => Err(self.damaged("the answer to DescribeTable describes nothing")),
            },
            Err(HistoryError::NoTable { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Checks that the table is in the stack's account and region, has our key schema and is ready.
    /// The ARN decides: a name alone exists in any account.
    pub(super) async fn prove(&self) -> Result<(), HistoryError> {
        let Some(found) = self.describe().await? else {
            return Err(self.no_table());
        };
        self.is_ours(&found)?;
        match found.table_status() {
            Some(TableStatus::Active | TableStatus::Updating) => Ok(()),
            Some(status) => Err(self.silent(format!("it is {}", status.as_str()))),
            None => Err(self.damaged("the answer to DescribeTable names no status")),
        }
    }

    pub(super) fn is_ours(&self, found: &TableDescription) -> Result<(), HistoryError> {
        let arn: Vec<_> = found
            .table_arn()
            .unwrap_or_default()
            .splitn(6, ':')
            .collect();
        let resource = format!("table/{}", self.name);
        let is_there = matches!(&arn[..], [_, _, "dynamodb", region, account, table]
            if *region == self.region && *account == self.account && *table == resource);
        if !is_there {
            let shown = Untrusted::new(found.table_arn().unwrap_or("no ARN")).printable(120);
            return Err(HistoryError::Elsewhere {
                place: self.place(),
                why: format!(
                    "it is {shown}, and the stack is in {} {}",
                    self.account, self.region
                )
                .into(),
            });
        }
        let keys: Vec<_> = found
            .key_schema()
            .iter()
            .map(|key| (key.attribute_name(), key.key_type()))
            .collect();
        if keys != [("pk", &KeyType::Hash), ("sk", &KeyType::Range)] {
            return Err(self.damaged("its keys are not pk and sk: it is a table of something else"));
        }
        Ok(())
    }

    /// One page of a stack's items.
    pub(super) async fn page(
        &self,
        stack: &StackKey,
        span: &KeyRange,
        (newest_first, limit): (bool, Option<i32>),
        after: Option<DynamoItem>,
    ) -> Result<ItemPage, HistoryError> {
        let asked = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .scan_index_forward(!newest_first)
            .set_limit(limit)
            .set_exclusive_start_key(after.clone())
            .expression_attribute_values(":pk", item::text(&stack.0));
        let asked = match span {
            KeyRange::Exactly(key) => asked
                .key_condition_expression("pk = :pk AND sk = :a")
                .expression_attribute_values(":a", item::text(key)),
            KeyRange::Between(first, last) => asked
                .key_condition_expression("pk = :pk AND sk BETWEEN :a AND :b")
                .expression_attribute_values(":a", item::text(first))
                .expression_attribute_values(":b", item::text(last)),
            KeyRange::Beginning(start) => asked
                .key_condition_expression("pk = :pk AND begins_with(sk, :a)")
                .expression_attribute_values(":a", item::text(start)),
        };
        let answer = asked.send().await.map_err(|e| self.meaning("Query", &e))?;
        // The client turns a missing list into an empty one; only a list that is present proves
        // that there are no items.
        let count = usize::try_from(answer.count).ok();
        let items = answer.items.filter(|items| Some(items.len()) == count);
        let items = items.ok_or_else(|| self.damaged("an answer to Query is not whole"))?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        if let (Some(after), Some(next)) = (&after, &next) {
            // Query answers in the order of the keys, so each page ends beyond the one before it.
            let (before, now) = (item::word(after, "sk"), item::word(next, "sk"));
            let moves_on = if newest_first {
                now < before
            } else {
                now > before
            };
            if now.is_none() || !moves_on {
                return Err(self.damaged("the answers to Query go round in circles"));
            }
        }
        Ok(ItemPage { items, next })
    }

    /// Whether there is an item under a key.
    pub(super) async fn has_between(
        &self,
        stack: &StackKey,
        (first, last): (String, String),
    ) -> Result<bool, HistoryError> {
        let span = KeyRange::Between(first, last);
        let page = self.page(stack, &span, (false, Some(1)), None).await?;
        Ok(!page.items.is_empty())
    }

    /// Writes an item unless its key exists.
    pub(super) async fn add(&self, item: DynamoItem) -> Result<(), HistoryError> {
        self.write(item, ("attribute_not_exists(pk)", None))
            .await
            .map(|_| ())
    }

    /// Writes an item under a condition; `false` if the condition does not hold.
    async fn write(
        &self,
        item: DynamoItem,
        (condition, revision): (&str, Option<AttributeValue>),
    ) -> Result<bool, HistoryError> {
        let asked = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition);
        let asked = match revision {
            Some(revision) => asked.expression_attribute_values(":r", revision),
            None => asked,
        };
        match asked.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error))
                if error.err().is_conditional_check_failed_exception() =>
            {
                Ok(false)
            }
            Err(error) => Err(self.meaning("PutItem", &error)),
        }
    }

    /// A document in its current revision, and the mark of its writer.
    async fn document(
        &self,
        (stack, name): ItemKey<'_>,
    ) -> Result<(CheckState, Option<String>), HistoryError> {
        let span = KeyRange::Exactly(name.to_owned());
        let page = self.page(stack, &span, (false, None), None).await?;
        let Some(item) = page.items.first() else {
            return Ok((CheckState::default(), None));
        };
        let read = || {
            let ledger = CheckState {
                revision: item::parsed(item, "revision")?,
                document: item::word(item, "document")?.to_owned(),
            };
            Some((ledger, Some(item::word(item, "writer")?.to_owned())))
        };
        read().ok_or_else(|| self.damaged(UNREADABLE))
    }

    /// A document in its current revision; an empty one if there is none.
    pub(super) async fn ledger(&self, key: ItemKey<'_>) -> Result<CheckState, HistoryError> {
        self.document(key).await.map(|(ledger, _)| ledger)
    }

    /// Replaces this revision of a document.
    ///
    /// The SDK retries when an answer is lost and then finds its own revision in the way, so each
    /// write carries a mark that distinguishes it from another host's.
    pub(super) async fn replace(
        &self,
        key: ItemKey<'_>,
        revision: u64,
        document: &str,
    ) -> Result<Exchanged, HistoryError> {
        let writer = mark();
        let next = revision.saturating_add(1);
        let number = |n: u64| AttributeValue::N(n.to_string());
        let item = DynamoItem::from([
            ("pk".to_owned(), item::text(&key.0.0)),
            ("sk".to_owned(), item::text(key.1)),
            ("revision".to_owned(), number(next)),
            ("document".to_owned(), item::text(document)),
            ("writer".to_owned(), item::text(&writer)),
        ]);
        let condition = match revision {
            0 => ("attribute_not_exists(pk)", None),
            _ => ("revision = :r", Some(number(revision))),
        };
        if self.write(item, condition).await? {
            return Ok(Exchanged::Done);
        }
        let (_, present) = self.document(key).await?;
        Ok(match present {
            Some(present) if present == writer => Exchanged::Done,
            _ => Exchanged::Lost,
        })
    }

    pub(super) fn place(&self) -> Printable {
        format!("dynamodb:{}", self.name).into()
    }

    pub(super) fn silent(&self, why: impl Into<Printable>) -> HistoryError {
        let (place, why) = (self.place(), why.into());
        HistoryError::NoAnswer { place, why }
    }

    pub(super) fn damaged(&self, why: &str) -> HistoryError {
        HistoryError::unreadable(Path::new(self.place().as_str()), why)
    }

    pub(super) fn not_writable(&self, why: &str) -> HistoryError {
        HistoryError::not_writable(Path::new(self.place().as_str()), why)
    }

    /// The error of an item that has not our form.
    pub(super) fn unreadable(&self) -> HistoryError {
        self.damaged(UNREADABLE)
    }

    pub(super) fn no_table(&self) -> HistoryError {
        HistoryError::NoTable {
            place: self.place(),
            why: format!("{} {}", self.account, self.region).into(),
        }
    }

    /// Classifies an SDK error by its remedy.
    pub(super) fn meaning<E>(&self, action: &str, error: &SdkError<E, HttpResponse>) -> HistoryError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let SdkError::ServiceError(service) = error else {
            return self.silent(match error {
                SdkError::DispatchFailure(failure) => failure
                    .as_connector_error()
                    .map_or_else(|| innermost(error), |error| innermost(error)),
                SdkError::ResponseError(answer) => {
                    let status = answer.raw().status().as_u16();
                    format!("{action}: HTTP {status} that is no AWS answer").into()
                }
                other => innermost(other),
            });
        };
        let code = service.err().code().unwrap_or("no code");
        let status = service.raw().status().as_u16();
        let said = service.err().message().unwrap_or_default();
        let said = Untrusted::new(said).printable(160);
        let named = Untrusted::new(code).printable(60);
        let place = self.place();
        match code {
            "ResourceNotFoundException" => self.no_table(),
            "AccessDeniedException" => HistoryError::Denied {
                place,
                action: format!("dynamodb:{action}").into(),
                why: said,
            },
            _ if code.contains("Throttl")
                || code == "ProvisionedThroughputExceededException"
                || code == "RequestLimitExceeded" =>
            {
                HistoryError::Throttled { place }
            }
            _ if code.contains("Token")
                || code.contains("Signature")
                || code == "UnrecognizedClientException" =>
            {
                HistoryError::NoCredentials {
                    why: format!("AWS does not accept the credentials ({named}): {said}").into(),
                    remedy: None,
                }
            }
            _ if status >= 500 || code == "no code" => {
                self.silent(format!("{action}: HTTP {status} {named}"))
            }
            _ if action == "Query" => self.damaged(&format!("{action}: {named}: {said}")),
            _ => self.not_writable(&format!("{action}: {named}: {said}")),
        }
    }
}

/// A random mark: every hasher state begins with other keys.
fn mark() -> String {
    let half = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", half(), half())
}
