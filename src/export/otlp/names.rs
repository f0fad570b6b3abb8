//! The names of OpenTelemetry's semantic conventions, by profile: data only. What both
//! call the same stands where it is used.

use Measure::{
    AgentCalls, AgentDuration, AgentToolCalls, CacheReadTokens, CacheWriteTokens, ChatDuration,
    FirstChunk, InputTokens, McpDuration, OutputTokens, ReasoningTokens, ToolDuration,
};
use Shape::{Counter, Histogram};

/// What one version of the conventions calls things.
#[derive(Debug)]
pub struct Profile {
    /// Where it is written down.
    pub schema_url: &'static str,
    /// Input tokens that were written to a cache.
    pub cache_write_tokens: &'static str,
    /// Whether an agent's span names the provider and the agent's id.
    pub agent_names_provider: bool,
    /// What is measured.
    pub instruments: &'static [Instrument],
}

/// One metric.
#[derive(Debug)]
pub struct Instrument {
    /// What it measures.
    pub measure: Measure,
    /// What it is called.
    pub name: &'static str,
    /// Its unit, as UCUM has it.
    pub unit: &'static str,
    /// How measurements are summed up.
    pub shape: Shape,
    /// An attribute of all its points.
    pub attribute: Option<(&'static str, &'static str)>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// Model calls of a turn or a subagent.
    AgentCalls,
    /// How long a turn or a subagent took.
    AgentDuration,
    /// Tool calls of a turn or a subagent.
    AgentToolCalls,
    /// Input tokens that came from a cache.
    CacheReadTokens,
    /// Input tokens that were written to one.
    CacheWriteTokens,
    /// How long a model call took.
    ChatDuration,
    /// How long its first piece took.
    FirstChunk,
    /// All input tokens.
    InputTokens,
    /// How long a call of an MCP server took.
    McpDuration,
    /// All output tokens.
    OutputTokens,
    /// Output tokens of its thinking.
    ReasoningTokens,
    /// How long a tool call took.
    ToolDuration,
}

/// How measurements are summed up.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// By how many lie between these bounds.
    Histogram(&'static [f64]),
    /// By addition.
    Counter,
}

const SECONDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const CALLS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

const TYPE: &str = "gen_ai.token.type";
const MODALITY: Option<(&str, &str)> = Some(("gen_ai.token.modality", "unknown"));

const fn time(measure: Measure, name: &'static str) -> Instrument {
    Instrument { measure, name, unit: "s", shape: Histogram(SECONDS), attribute: None }
}

const fn counter(measure: Measure, name: &'static str) -> Instrument {
    Instrument { measure, name, unit: "{token}", shape: Counter, attribute: MODALITY }
}

const fn tokens(
    measure: Measure,
    name: &'static str,
    attribute: Option<(&'static str, &'static str)>,
) -> Instrument {
    Instrument { measure, name, unit: "{token}", shape: Histogram(TOKENS), attribute }
}

const fn calls(measure: Measure, name: &'static str) -> Instrument {
    Instrument { measure, name, unit: "{call}", shape: Histogram(CALLS), attribute: None }
}

/// Semantic conventions 1.41.1, the last that had generative AI in them.
pub static GENAI_1_41: Profile = Profile {
    schema_url: "https://opentelemetry.io/schemas/1.41.1",
    cache_write_tokens: "gen_ai.usage.cache_creation.input_tokens",
    agent_names_provider: true,
    instruments: &[
        time(ChatDuration, "gen_ai.client.operation.duration"),
        time(FirstChunk, "gen_ai.client.operation.time_to_first_chunk"),
        tokens(InputTokens, "gen_ai.client.token.usage", Some((TYPE, "input"))),
        tokens(OutputTokens, "gen_ai.client.token.usage", Some((TYPE, "output"))),
        time(McpDuration, "mcp.client.operation.duration"),
    ],
};

/// What their own repository is making of them.
pub static GENAI_DEV: Profile = Profile {
    schema_url: "https://opentelemetry.io/schemas/gen-ai/1.42.0",
    cache_write_tokens: "gen_ai.usage.cache_write.input_tokens",
    agent_names_provider: false,
    instruments: &[
        time(ChatDuration, "gen_ai.client.inference.duration"),
        time(FirstChunk, "gen_ai.client.inference.time_to_first_chunk"),
        counter(InputTokens, "gen_ai.client.inference.usage.input_tokens"),
        counter(OutputTokens, "gen_ai.client.inference.usage.output_tokens"),
        counter(CacheReadTokens, "gen_ai.client.inference.usage.cache_read.input_tokens"),
        counter(CacheWriteTokens, "gen_ai.client.inference.usage.cache_write.input_tokens"),
        counter(ReasoningTokens, "gen_ai.client.inference.usage.reasoning.output_tokens"),
        tokens(InputTokens, "gen_ai.client.inference.operation.input_tokens", None),
        tokens(OutputTokens, "gen_ai.client.inference.operation.output_tokens", None),
        time(AgentDuration, "gen_ai.invoke_agent.duration"),
        calls(AgentCalls, "gen_ai.invoke_agent.inference_calls"),
        calls(AgentToolCalls, "gen_ai.invoke_agent.tool_calls"),
        time(ToolDuration, "gen_ai.execute_tool.duration"),
        time(McpDuration, "mcp.client.operation.duration"),
    ],
};
