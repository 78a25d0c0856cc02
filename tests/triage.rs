//! Claim: every scene of the practice stack is judged as it is due, by the built binary.

use crate::support::{Stage, step, world};

#[test]
fn every_scene_is_found_by_the_built_binary() {
    let mut judged = 0;
    for scene in duckops::drill::scenes() {
        let stage = Stage::of(world(scene.name));
        let mut arguments = vec!["triage"];
        arguments.extend(scene.runbook);
        arguments.extend(["--deadline", "6s"]);
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
            judged += 1;
        }
        assert_eq!(stage.practice.unexpected(), 0, "{}", scene.name);
    }
    println!("{} scenes, {judged} steps", duckops::drill::scenes().len());
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
