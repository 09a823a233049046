import Testing

/// Everything that touches processes, mounts and devices, one test after the other.
///
/// A session copies the mounts it finds, so a mount that one test makes while another starts a session would be held
/// by that session; and tests that block must not stall those that count milliseconds.
@Suite(.serialized) enum SystemTests {}
