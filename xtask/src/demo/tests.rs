//! The pipes, spoken to as a page speaks to them.

mod client;
mod ide;
mod managed;
mod mcp_http;
mod remote_socket;
mod remote_stream;
mod sdk_server;
