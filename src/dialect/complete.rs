//! The legacy Text Completions API. Data only.

use super::table::PLAIN;
use super::{Act, Dialect, Endpoint, EventRule, FieldRule, Says, SecondStart, Sign};
use crate::hook::Field;

pub(super) static COMPLETE: Dialect = Dialect {
    name: "complete",
    endpoints: &[Endpoint {
        method: "POST",
        path: "**/v1/complete",
        needs: &[],
        says: Says::CompletionPrompt,
    }],
    signs: &[Sign { event: "completion", at: "/id", prefix: "compl_" }],
    events: &[
        EventRule { wire: "completion", act: Act::Completion, fields: COMPLETION },
        EventRule { wire: "ping", act: Act::Ignore, fields: &[] },
        EventRule { wire: "error", act: Act::Error, fields: &[] },
    ],
    blocks: &[],
    deltas: &[],
    message_id: "/id",
    second_start: SecondStart::Replaces,
    continues: &[],
    asks: &[],
    server_mark: "",
    default_stop: "",
    ..PLAIN
};

/// The first is the text; the second the model.
pub(super) const COMPLETION: &[FieldRule] =
    &[FieldRule(Field::Text, "/completion"), FieldRule(Field::Model, "/model")];
