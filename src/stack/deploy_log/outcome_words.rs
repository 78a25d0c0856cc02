//! Words and marks that say what became of a deployment.

/// Words that say that it was not done yet.
pub(super) fn is_plan(word: &str) -> bool {
    matches!(
        word,
        "planned"
            | "scheduled"
            | "pending"
            | "upcoming"
            | "tbd"
            | "todo"
            | "draft"
            | "proposed"
            | "queued"
            | "candidate"
            | "tentative"
            | "waiting"
            | "postponed"
            | "deferred"
            | "on-hold"
            | "next"
            | "in-progress"
            | "progress"
            | "ongoing"
            | "started"
            | "wip"
            | "ready"
            | "queue"
            | "hold"
            | "tba"
            | "outstanding"
            | "awaited"
            | "pre-release"
            | "prerelease"
    )
}

/// Those of them that say it of a deployment in a sentence, too.
pub(super) fn is_plan_of_act(word: &str) -> bool {
    let is_of_a_list = matches!(
        word,
        "next"
            | "progress"
            | "ongoing"
            | "started"
            | "ready"
            | "candidate"
            | "waiting"
            | "queue"
            | "hold"
    );
    is_plan(word) && !is_of_a_list
}

/// Words that say that it did not work, in a status and in a sentence.
pub(super) fn is_failure(word: &str) -> bool {
    matches!(
        word,
        "failed"
            | "failure"
            | "failing"
            | "aborted"
            | "abandoned"
            | "cancelled"
            | "canceled"
            | "rejected"
            | "refused"
            | "skipped"
            | "error"
            | "errored"
            | "blocked"
            | "void"
            | "no-go"
            | "fail"
            | "fails"
            | "unsuccessful"
            | "unhealthy"
            | "dry-run"
            | "dryrun"
            | "denied"
            | "vetoed"
            | "halted"
            | "stopped"
            | "timed-out"
            | "timedout"
            | "called-off"
            | "scrapped"
            | "shelved"
            | "discarded"
            | "declined"
            | "disapproved"
            | "expired"
            | "lapsed"
            | "revoked"
            | "degraded"
            | "outofsync"
            | "out-of-sync"
            | "nok"
            | "ko"
    )
}

/// Whether it is a participle that may say what became of a version: `pulled`, `shelved`; those that say what
/// was changed in it, or that all is well, are not.
pub(super) fn is_fate(word: &str) -> bool {
    const WELL: [&str; 46] = [
        "added",
        "fixed",
        "patched",
        "removed",
        "renamed",
        "updated",
        "bumped",
        "improved",
        "refactored",
        "changed",
        "approved",
        "signed",
        "reviewed",
        "verified",
        "confirmed",
        "checked",
        "monitored",
        "requested",
        "triggered",
        "tested",
        "replaced",
        "reduced",
        "increased",
        "raised",
        "lowered",
        "cleaned",
        "migrated",
        "moved",
        "switched",
        "pointed",
        "upgraded",
        "rolled",
        "executed",
        "performed",
        "observed",
        "promoted",
        "based",
        "needed",
        "signed-off",
        "related",
        "expected",
        "started",
        "announced",
        "enabled",
        "restored",
        "created",
    ];
    let is_irregular = matches!(
        word,
        "withdrawn"
            | "undone"
            | "taken"
            | "gone"
            | "dead"
            | "doa"
            | "bad"
            | "broken"
            | "never"
            | "stuck"
            | "hung"
            | "frozen"
            | "lost"
            | "broke"
            | "kept"
            | "stays"
            | "ice"
            | "built"
            | "ready"
            | "candidate"
            | "rc"
            | "accessdenied"
    );
    let is_known = |word: &str| is_done(word) || is_past(word) || is_failure(word) || is_plan(word);
    let is_regular =
        word.len() > 4 && word.ends_with("ed") && word.chars().all(|c| c.is_ascii_alphabetic());
    is_irregular
        || word.ends_with("exception")
        || (is_regular && !is_known(word) && !WELL.contains(&word))
}

/// Words that say that it was done.
pub(super) fn is_done(word: &str) -> bool {
    matches!(
        word,
        "live"
            | "deployed"
            | "promoted"
            | "released"
            | "shipped"
            | "done"
            | "ok"
            | "success"
            | "successful"
            | "succeeded"
            | "complete"
            | "completed"
            | "active"
            | "serving"
            | "current"
            | "verified"
            | "passed"
            | "pass"
            | "green"
            | "good"
            | "yes"
            | "stable"
            | "healthy"
            | "finished"
            | "prod"
            | "production"
            | "rolled-out"
            | "redeployed"
            | "re-deployed"
            | "已部署"
            | "已部署到"
            | "部署完成"
            | "部署成功"
            | "已上线"
            | "上线"
            | "已发布"
            | "完成"
            | "成功"
            | "完了"
            | "デプロイ完了"
            | "リリース完了"
            | "本番リリース"
            | "완료"
            | "배포완료"
            | "성공"
    )
}

/// Words of a version that served once.
pub(super) fn is_past(word: &str) -> bool {
    matches!(
        word,
        "retired"
            | "superseded"
            | "replaced"
            | "old"
            | "previous"
            | "former"
            | "archived"
            | "inactive"
    )
}

/// Words of other languages for what was taken back or failed.
pub(super) fn is_against_in_others(word: &str) -> bool {
    const BEGINNINGS: [&str; 23] = [
        "fehlgeschlagen",
        "gescheitert",
        "abgebrochen",
        "mislukt",
        "geannuleerd",
        "\u{e9}chou",
        "abandonn\u{e9}",
        "fallid",
        "cancelad",
        "zur\u{fc}ckger",
        "zur\u{fc}ckgen",
        "zur\u{fc}ckges",
        "r\u{fc}ckg\u{e4}ngig",
        "teruggedraaid",
        "teruggerold",
        "revertid",
        "annullat",
        "annul\u{e9}",
        "retir\u{e9}e",
        "\u{e5}terst\u{e4}lld",
        "wycofan",
        "cofni\u{119}t",
        "\u{43e}\u{442}\u{43a}\u{430}\u{442}",
    ];
    // Words of these are not parted by blanks.
    const PARTS: [&str; 45] = [
        "故障",
        "异常",
        "異常",
        "错误",
        "錯誤",
        "问题",
        "問題",
        "不具合",
        "障害",
        "오류",
        "장애",
        "失败",
        "失敗",
        "回滚",
        "回滾",
        "回退",
        "撤回",
        "撤销",
        "取消",
        "中止",
        "中断",
        "终止",
        "计划",
        "計画",
        "予定",
        "预定",
        "保留",
        "延期",
        "未",
        "待",
        "测试",
        "測試",
        "預",
        "预发",
        "ロールバック",
        "戻し",
        "エラー",
        "テスト",
        "ステージング",
        "실패",
        "롤백",
        "취소",
        "중단",
        "예정",
        "보류",
    ];
    BEGINNINGS.iter().any(|name| word.starts_with(name))
        || (!word.is_ascii() && PARTS.iter().any(|part| word.contains(part)))
}

/// Marks by which a status says that it is not done, or did not work.
pub(super) const NOT_DONE: [char; 16] = [
    '🛑', '❌', '✗', '✘', '✖', '🚫', '⛔', '⏳', '🔴', '🟡', '🚧', '🕒', '🔜', '⏸', '🗓', '📅',
];

/// Marks that may say that it was taken back.
pub(super) const TAKEN_BACK: [char; 4] = ['⏪', '↩', '⏮', '❎'];

/// Marks by which it is done.
pub(super) const DONE: [char; 4] = ['✅', '✔', '✓', '🟢'];
