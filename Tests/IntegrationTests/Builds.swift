import TestSupport
import Testing

/// All tests that run the built program, one after the other: they measure time, processes and devices.
@Suite(.serialized, .requires(.root, .loopDevices))
enum Builds {}
