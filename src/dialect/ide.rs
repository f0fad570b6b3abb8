//! What Claude Code's editor protocol adds to the Model Context Protocol. Data
//! only.
//!
//! What the person selects is told, not its text.

use super::{Act, EventRule, FieldRule, Rpc};
use crate::hook::{Field, HookName};

/// Which file a difference is about; from the call's arguments.
const FILE: &[FieldRule] = &[
    FieldRule(Field::FilePath, "/new_file_path"),
    FieldRule(Field::FilePath, "/old_file_path"),
    FieldRule(Field::TabName, "/tab_name"),
];

/// Tools by method and name, their answers by tool and text, notifications by
/// method.
pub(super) const IDE: &[EventRule] = &[
    EventRule { wire: "tools/call/openDiff", act: Act::Rpc(Rpc::Ask), fields: FILE },
    EventRule { wire: "openDiff=FILE_SAVED", act: Act::Rpc(Rpc::Saved), fields: FILE },
    EventRule { wire: "openDiff=DIFF_REJECTED", act: Act::Rpc(Rpc::Rejected), fields: FILE },
    EventRule { wire: "openDiff=TAB_CLOSED", act: Act::Rpc(Rpc::Rejected), fields: FILE },
    EventRule { wire: "tools/call/closeAllDiffTabs", act: Act::Rpc(Rpc::Turn), fields: &[] },
    EventRule {
        wire: "selection_changed",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "/method"),
            FieldRule(Field::FilePath, "/params/filePath"),
            FieldRule(Field::Data, "/params/selection"),
        ],
    },
    EventRule {
        wire: "at_mentioned",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "/method"),
            FieldRule(Field::FilePath, "/params/filePath"),
            FieldRule(Field::Data, "/params"),
        ],
    },
    EventRule {
        wire: "ide_connected",
        act: Act::Emit(HookName::Notification),
        fields: &[FieldRule(Field::NotificationType, "/method"), FieldRule(Field::Data, "/params")],
    },
    EventRule {
        wire: "log_event",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "/method"),
            FieldRule(Field::Message, "/params/eventName"),
        ],
    },
];
