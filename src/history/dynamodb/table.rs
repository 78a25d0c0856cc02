//! How the table is created.

use super::super::HistoryError;
use super::TableAccess;
use super::requests::Table;
use super::table_name::TableName;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use std::time::Duration;

/// The attribute of an item's expiry time.
const EXPIRES: &str = "expires";
/// The pause between two looks at a new table.
const PAUSE: Duration = Duration::from_millis(500);

/// The result of creating a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Initialised {
    /// The table was created.
    pub created: bool,
    /// Expiry was turned on.
    pub expiry_turned_on: bool,
}

/// Creates the table if there is none, waits until it is ready, and turns on expiry. An existing
/// table is left as it is. The caller has proven that the account is the stack's.
///
/// # Errors
/// [`HistoryError`]; what was done until then stays, and doing it again goes on from there.
pub async fn initialise(
    name: &TableName,
    access: TableAccess,
    patience: Duration,
) -> Result<Initialised, HistoryError> {
    let table = Table::new(name, &access.config, access.account);
    let made = tokio::time::timeout(patience, async {
        let mut done = Initialised::default();
        if table.describe().await?.is_none() {
            done.created = create(&table).await?;
        }
        ready(&table).await?;
        done.expiry_turned_on = expire(&table).await?;
        Ok(done)
    });
    made.await.unwrap_or_else(|_| {
        let s = patience.as_secs();
        Err(table.silent(format!("the table was not ready within {s} s")))
    })
}

/// `false` if another host created it first.
async fn create(table: &Table) -> Result<bool, HistoryError> {
    let broken = |_| table.not_writable("the request could not be made");
    let mut asked = table
        .client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind);
        asked = asked
            .attribute_definitions(attribute.build().map_err(broken)?)
            .key_schema(key.build().map_err(broken)?);
    }
    match asked.send().await {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_resource_in_use_exception()) =>
        {
            Ok(false)
        }
        Err(error) => Err(table.meaning("CreateTable", &error)),
    }
}

async fn ready(table: &Table) -> Result<(), HistoryError> {
    loop {
        // Just after it was made, it may not be known everywhere.
        if let Some(found) = table.describe().await? {
            table.is_ours(&found)?;
            if found.table_status() == Some(&TableStatus::Active) {
                return Ok(());
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// `false` if expiry was on.
async fn expire(table: &Table) -> Result<bool, HistoryError> {
    let asked = table
        .client
        .describe_time_to_live()
        .table_name(&table.name)
        .send();
    let found = asked
        .await
        .map_err(|error| table.meaning("DescribeTimeToLive", &error))?;
    let found = found.time_to_live_description;
    let status = found.as_ref().and_then(|ttl| ttl.time_to_live_status());
    if let Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) = status {
        let attribute = found.as_ref().and_then(|ttl| ttl.attribute_name());
        return match attribute {
            Some(EXPIRES) => Ok(false),
            _ => Err(table.damaged("its items expire by another attribute than `expires`")),
        };
    }
    let expiry = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES)
        .enabled(true)
        .build()
        .map_err(|_| table.not_writable("the request could not be made"))?;
    let asked = table
        .client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(expiry)
        .send();
    asked
        .await
        .map_err(|error| table.meaning("UpdateTimeToLive", &error))?;
    Ok(true)
}
