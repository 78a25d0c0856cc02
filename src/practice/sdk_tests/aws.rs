//! The AWS operations, read by the real SDKs.

use super::{client, now, practice, world};
use crate::practice::Practice;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, Statistic};
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use std::collections::BTreeMap;

#[tokio::test]
async fn sts_says_which_account_it_is() {
    let stack = practice(world("wrong-account")).await;
    let sts = client!(aws_sdk_sts, stack);
    let identity = sts.get_caller_identity().send().await.expect("an answer");
    assert_eq!(identity.account(), Some("210987654321"));
    let arn = identity.arn().unwrap_or_default();
    assert!(arn.starts_with("arn:aws:sts::210987654321:"), "{arn}");
    assert_eq!(stack.unexpected(), 0);
}

#[tokio::test]
async fn ses_says_the_quota() {
    let stack = practice(world("inc-005")).await;
    let ses = client!(aws_sdk_sesv2, stack);
    let account = ses.get_account().send().await.expect("an answer");
    let quota = account.send_quota().expect("a quota");
    assert_eq!(quota.sent_last24_hours(), 198.0);
    assert_eq!(quota.max24_hour_send(), 200.0);
    assert!(account.sending_enabled() && !account.production_access_enabled());
    assert_eq!(account.enforcement_status(), Some("HEALTHY"));
}

async fn listed(
    stack: &Practice,
    status: Option<ExecutionStatus>,
) -> Vec<aws_sdk_sfn::types::ExecutionListItem> {
    let sfn = client!(aws_sdk_sfn, stack);
    let arn = stack.world().state_machine_arn();
    let pages = sfn
        .list_executions()
        .state_machine_arn(arn)
        .set_status_filter(status);
    let mut pages = pages.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(item) = pages.next().await {
        all.push(item.expect("an answer"));
    }
    all
}

#[tokio::test]
async fn executions_are_listed_by_status_and_newest_first() {
    let stack = practice(world("inc-004")).await;
    let failed = listed(&stack, Some(ExecutionStatus::Failed)).await;
    let timed_out = listed(&stack, Some(ExecutionStatus::TimedOut)).await;
    assert_eq!((failed.len(), timed_out.len()), (12, 6));
    assert!(failed.is_sorted_by(|a, b| a.start_date() >= b.start_date()));
    let newest = &failed[0];
    assert_eq!(newest.name(), "peck-0100");
    assert_eq!(newest.start_date().secs(), now().unix_timestamp() - 14 * 60);
    assert_eq!(
        newest.stop_date().map(|stop| stop.secs()),
        Some(now().unix_timestamp() - 12 * 60)
    );
    let running = listed(&stack, Some(ExecutionStatus::Running)).await;
    let names: Vec<_> = running.iter().map(|e| (e.name(), e.stop_date())).collect();
    assert_eq!(names, [("peck-0004", None), ("peck-0099", None)]);
}

#[tokio::test]
async fn pages_join_to_the_whole_list() {
    let stack = practice(world("inc-004")).await;
    let whole = listed(&stack, None).await;
    stack.world().page_size = Some(4);
    assert_eq!(listed(&stack, None).await, whole);
    let last = stack.requests().pop().expect("a request");
    assert_eq!(
        last.question,
        format!("ListExecutions page {}", whole.len().div_ceil(4))
    );
    assert_eq!(stack.unexpected(), 0);
}

#[tokio::test]
async fn a_running_execution_stops_at_its_time() {
    let mut scene = world("healthy");
    scene.executions[0].start = now() + time::Duration::minutes(1);
    scene.executions[1].stop = Some(now() + time::Duration::minutes(1));
    let total = scene.executions.len();
    let stack = practice(scene).await;
    assert_eq!(listed(&stack, None).await.len(), total - 1);
    assert_eq!(
        listed(&stack, Some(ExecutionStatus::Running)).await.len(),
        1
    );
    stack.world().now += time::Duration::minutes(1);
    assert_eq!(listed(&stack, None).await.len(), total);
}

#[tokio::test]
async fn an_unknown_or_express_state_machine_lists_no_executions() {
    let stack = practice(world("express")).await;
    let sfn = client!(aws_sdk_sfn, stack);
    let ours = stack.world().state_machine_arn();
    let other = ours.replace("peck", "pack");
    let refused = sfn
        .list_executions()
        .state_machine_arn(other)
        .send()
        .await
        .expect_err("no such");
    assert!(
        refused
            .into_service_error()
            .is_state_machine_does_not_exist()
    );
    let refused = sfn
        .list_executions()
        .state_machine_arn(ours)
        .send()
        .await
        .expect_err("no list");
    assert!(
        refused
            .into_service_error()
            .is_state_machine_type_not_supported()
    );
    assert_eq!(stack.unexpected(), 0);
}

fn query(id: &str, name: &str, dimensions: Vec<Dimension>) -> MetricDataQuery {
    let metric = Metric::builder().namespace("AWS/SES").metric_name(name);
    let metric = metric.set_dimensions(Some(dimensions)).build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(3_600)
        .stat("Sum")
        .build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

/// All points of every id, pages joined, and the order of ids on the first page.
async fn metric_data(
    stack: &Practice,
    queries: Vec<MetricDataQuery>,
) -> (BTreeMap<String, Vec<f64>>, Vec<String>) {
    let cloudwatch = client!(aws_sdk_cloudwatch, stack);
    let end = now().unix_timestamp();
    let pages = cloudwatch
        .get_metric_data()
        .start_time(DateTime::from_secs(end - 86_400))
        .end_time(DateTime::from_secs(end))
        .set_metric_data_queries(Some(queries));
    let mut pages = pages.into_paginator().send();
    let (mut values, mut order) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
    while let Some(page) = pages.next().await {
        for result in page.expect("an answer").metric_data_results() {
            assert_eq!(result.timestamps().len(), result.values().len());
            let id = result.id().unwrap_or_default().to_owned();
            order.push(id.clone());
            values.entry(id).or_default().extend(result.values());
        }
    }
    (values, order)
}

#[tokio::test]
async fn metrics_are_summed_by_period_and_not_in_the_order_asked() {
    let stack = practice(world("inc-005")).await;
    let other = Dimension::builder()
        .name("Source")
        .value("elsewhere")
        .build();
    let queries = vec![
        query("sent", "Send", vec![]),
        query("bounced", "Bounces", vec![]),
        query("other", "Send", vec![other]),
    ];
    let (whole, order) = metric_data(&stack, queries.clone()).await;
    assert_eq!(order, ["other", "bounced", "sent"]);
    assert_eq!(
        whole["sent"],
        [5.0, 6.0, 7.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0]
    );
    assert!(
        whole["bounced"].is_empty(),
        "a name it does not know is an empty list"
    );
    assert!(whole["other"].is_empty(), "dimensions are part of the name");

    stack.world().page_size = Some(4);
    let (paged, _) = metric_data(&stack, queries).await;
    assert_eq!(paged, whole);
    let last = stack.requests().pop().expect("a request");
    assert_eq!(last.question, "GetMetricData Send, Bounces, Send page 3");
}

#[tokio::test]
async fn metric_statistics_answer_the_manual_command_of_the_runbook() {
    let stack = practice(world("inc-005")).await;
    let cloudwatch = client!(aws_sdk_cloudwatch, stack);
    let end = now().unix_timestamp();
    let asked = |name: &str, hours: i64, period| {
        cloudwatch
            .get_metric_statistics()
            .namespace("AWS/SES")
            .metric_name(name)
            .start_time(DateTime::from_secs(end - hours * 3_600))
            .end_time(DateTime::from_secs(end))
            .period(period)
            .statistics(Statistic::Sum)
            .send()
    };
    let answer = asked("Send", 24, 3_600).await.expect("an answer");
    let mut points: Vec<_> = answer.datapoints().to_vec();
    assert!(
        !points.is_sorted_by(|a, b| a.timestamp() <= b.timestamp()),
        "in no order"
    );
    points.sort_by_key(|point| point.timestamp().map(DateTime::secs));
    assert_eq!(
        points.iter().filter_map(|point| point.sum()).sum::<f64>(),
        198.0
    );
    assert_eq!(
        points[0].timestamp().map(DateTime::secs),
        Some(end - 20 * 3_600)
    );
    assert!(
        asked("Bounces", 24, 3_600)
            .await
            .expect("an answer")
            .datapoints()
            .is_empty()
    );
    let refused = asked("Send", 48, 60).await.expect_err("2,880 points");
    assert_eq!(refused.code(), Some("InvalidParameterCombination"));
}

#[tokio::test]
async fn another_region_is_refused() {
    let stack = practice(world("healthy")).await;
    let ses = client!(aws_sdk_sesv2, stack, "eu-west-1");
    let refused = ses.get_account().send().await.expect_err("not from there");
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"));
    let message = refused.message().unwrap_or_default();
    assert!(
        message.contains("us-east-1/ses") && message.contains("eu-west-1/ses"),
        "{message}"
    );
    assert_eq!(stack.unexpected(), 1);
}

#[tokio::test]
async fn an_operation_that_is_not_played_is_refused_by_name() {
    let stack = practice(world("healthy")).await;
    let sfn = client!(aws_sdk_sfn, stack);
    let arn = stack.world().state_machine_arn();
    let refused = sfn
        .describe_state_machine()
        .state_machine_arn(arn)
        .send()
        .await;
    let message = refused.expect_err("not played");
    assert!(
        message
            .message()
            .is_some_and(|m| m.contains("DescribeStateMachine")),
        "{message:?}"
    );
    assert_eq!(stack.unexpected(), 1);
}
