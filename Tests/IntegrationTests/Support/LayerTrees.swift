import TestSupport
import Testing

/// How a build has its tree of layers: where overlayfs can be had, by it, or else by copies.
///
/// Tests run with both.
enum LayerTrees: String, CaseIterable, CustomTestStringConvertible {
    case stacked, copied

    @TaskLocal static var current = LayerTrees.stacked

    /// For builds of the running test.
    var variable: String? { self == .copied ? rawValue : nil }
    var testDescription: String { rawValue }

    func inSandbox<Result>(
        _ name: String = #function, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (BuildSandbox) async throws -> Result
    ) async throws -> Result {
        try await Self.$current.withValue(self) {
            try await withSandbox(name, sourceLocation: sourceLocation, body)
        }
    }
}
