/// What a check of an image's structure has found.
package struct ImageFindings: Sendable, Equatable {
    /// Damage: the image may give wrong data, or break when it is written to.
    package private(set) var errorCount = 0
    /// Room in the file that nothing uses: harmless, but lost.
    package private(set) var leakedBytes: UInt64 = 0
    /// One line each for the first of both; a badly damaged image has millions.
    package private(set) var messages: [String] = []

    private static let largestMessageCount = 50

    package init() {}

    mutating func error(_ message: @autoclosure () -> String) {
        errorCount += 1
        add(message())
    }

    mutating func leak(_ bytes: UInt64, _ message: String) {
        guard bytes > 0 else { return }
        leakedBytes += bytes
        add(message)
    }

    private mutating func add(_ message: @autoclosure () -> String) {
        if messages.count < Self.largestMessageCount { messages.append(message()) }
    }

    mutating func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { error(message()) }
    }
}
