//! Claim: every scene of the practice stack is judged as it is due, by the built binary.

use crate::support::{Stage, at_once, deadline, step, world};

#[test]
fn every_scene_is_found_by_the_built_binary() {
    let judged = at_once(6, duckops::practice::scenes(), |scene| {
        let world = world(scene.name);
        let mut arguments = vec!["triage"];
        arguments.extend(scene.runbook);
        arguments.extend(["--deadline", deadline(&world)]);
        let stage = Stage::of(world);
        let (code, document) = stage.duckops(&arguments).json();
        assert_eq!(
            document["verdict"], scene.expect.verdict,
            "{}: {document:#}",
            scene.name
        );
        assert_eq!(
            document["root_cause"].as_str(),
            scene.expect.root_cause,
            "{}",
            scene.name
        );
        assert_eq!(document["exit_code"], code, "{}", scene.name);
        for (runbook, id, due) in scene.expect.steps {
            assert_eq!(
                step(&document, runbook, id)["verdict"],
                *due,
                "{} {runbook} {id}",
                scene.name
            );
        }
        assert_eq!(stage.practice.unexpected(), 0, "{}", scene.name);
        scene.expect.steps.len()
    });
    println!(
        "{} scenes, {} steps",
        judged.len(),
        judged.iter().sum::<usize>()
    );
}

#[test]
fn a_triage_sends_each_question_once() {
    let stage = Stage::of(world("healthy"));
    assert_eq!(stage.duckops(&["triage"]).run().code, 0);
    let mut questions: Vec<_> = stage
        .practice
        .requests()
        .into_iter()
        .map(|seen| seen.question)
        .collect();
    let sent = questions.len();
    questions.sort();
    questions.dedup();
    assert_eq!(questions.len(), sent, "{questions:#?}");
}

#[test]
fn canary_errors_are_no_reason_for_a_rollback() {
    let stage = Stage::of(world("canary-errs"));
    let judged = |stage: &Stage| {
        let arguments = ["triage", "inc-001", "--expect", "62"];
        let (_, document) = stage.once(&arguments).json();
        assert_eq!(stage.practice.unexpected(), 0, "{document:#}");
        step(&document, "inc-001", "rollback").clone()
    };
    let found = judged(&stage);
    assert_eq!(found["reason_code"], "errors-of-others", "{found:#}");
    assert_eq!(found["verdict"], "skipped", "{found:#}");
    let evidence = found["evidence"].as_array().expect("evidence");
    let of = evidence
        .iter()
        .find(|e| e["fact"] == "lambda.errors_by_version");
    let lines = of.expect("the errors by version")["value"].to_string();
    assert!(lines.contains("60: 10 errors in 10"), "{lines}");
    assert!(lines.contains("62: 0 errors in 10"), "{lines}");
    // Where CloudWatch knows nothing of single versions, the function counts as a whole.
    let by_version = |s: &duckops::practice::FakeMetric| s.dimensions.len() == 3;
    stage.practice.world().metrics.retain(|s| !by_version(s));
    let found = judged(&stage);
    assert_eq!(found["reason_code"], "roll-back", "{found:#}");
}

#[test]
fn a_status_with_two_versions_expects_neither() {
    let mut world = world("healthy");
    world.status["lambda"]["version"] = "62".into();
    let stage = Stage::of(world);
    let (_, document) = stage.duckops(&["triage", "inc-001"]).json();
    for id in ["alias", "rollback"] {
        let found = step(&document, "inc-001", id);
        assert_eq!(found["verdict"], "unknown", "{found:#}");
        assert_eq!(found["reason_code"], "contradictory", "{found:#}");
    }
}
